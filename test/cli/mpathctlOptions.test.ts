import { parseCommandLine } from '../../src/cli/mpathctlOptions';

const parse = (...argv: string[]) => parseCommandLine(argv, '1.2.3');

test.each<[string[], object]>([
  [['status'], { command: 'status', args: { json: false, map: null }, socket: null, timeoutMs: 10_000 }],
  [['audit', '--json'], { command: 'audit', args: { json: true, map: null }, timeoutMs: 120_000 }],
  [['topology', 'mpatha'], { command: 'topology', args: { json: false, map: 'mpatha' } }],
  [['topology', '36001'], { args: { map: '36001' } }],
  [['--socket', '@x', 'paths', '--timeout', '2.5'], { command: 'paths', socket: '@x', timeoutMs: 2500 }],
  [['journal', 'save', '/x'], { command: 'journal', args: { file: '/x' }, timeoutMs: 120_000 }],
  [
    ['replay', 'f', '--until', '12', '--from', '3', '--quiet', '--tables'],
    { command: 'replay', args: { file: 'f', from: 3, until: 12, quiet: true, tables: true, path: null, map: null } },
  ],
  [
    ['replay', '--path', '8:0', '--map', '36001405999999999999999999999999', '12'],
    { args: { file: '12', path: '8:0', map: '36001405999999999999999999999999' } },
  ],
  [['--socket=/run/x', 'maps'], { command: 'maps', socket: '/run/x' }],
])('%j is understood', (argv, expected) => {
  expect(parse(...argv)).toMatchObject({ kind: 'run', ...expected });
});

test.each<[string[], RegExp]>([
  [[], /^which command\?$/],
  [['statsu'], /^unknown command statsu; did you mean status\?$/],
  [['frobnicate'], /^unknown command frobnicate$/],
  [['status', '--jsno'], /^unknown option --jsno; did you mean --json\?$/],
  [['status', '--frobnicate=1'], /^unknown option --frobnicate$/],
  [['status', '-x'], /^Unknown argument: x$/],
  [['status', 'extra'], /^Unknown argument: extra$/],
  [['status', '--timeout', 'soon'], /--timeout takes a number/],
  [['status', '--timeout', '0'], /--timeout takes a number/],
  [['status', '--timeout', '-1'], /--timeout takes a number/],
  [['journal'], /Not enough non-option arguments/],
  [['journal', 'drop', '/x'], /^journal drop\? It is: journal save FILE$/],
  [['replay'], /Not enough non-option arguments/],
  [['replay', 'f', '--until', 'x'], /^--until takes the number of an input$/],
  [['replay', 'f', '--from', '1.5'], /^--from takes the number of an input$/],
  [['status', '--until', '1'], /^--until belongs to replay$/],
  [['maps', '--map', 'x'], /^--map belongs to replay$/],
  [['status', '--quiet'], /^--quiet belongs to replay$/],
  [['maps', '--tables'], /^--tables belongs to replay$/],
  [['status', '--socket', ''], /--socket takes one address/],
  [['status', '--socket', 'a', '--socket', 'b'], /--socket takes one address/],
])('%j is wrong, and the message says why', (argv, message) => {
  const line = parse(...argv);
  expect(line.kind).toBe('wrong');
  if (line.kind === 'wrong') expect(line.message).toMatch(message);
});

test('a long WWID of digits only keeps every digit', () => {
  expect(parse('topology', '36001405999999999999999999999999')).toMatchObject({
    args: { map: '36001405999999999999999999999999' },
  });
});

test('help lists the commands and the exit codes', () => {
  const line = parse('--help');
  if (line.kind !== 'print') throw new Error(line.kind);
  for (const text of ['status', 'topology [map]', 'audit', '--socket', '--timeout', '--json', 'Exit codes']) {
    expect(line.text).toContain(text);
  }
});

test('version', () => {
  expect(parse('--version')).toEqual({ kind: 'print', text: '1.2.3\n' });
});
