/** `mpathctl config check` on real files. No daemon answers here. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFolder } from '../ipc/sockets';
import { runCommand, type Run } from './runCommand';

const mpathctl = (argv: readonly string[], isTTY = false): Promise<Run> => runCommand(argv, { isTTY });

async function withFile(text: string, body: (file: string, folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const file = join(folder, 'multipath.conf');
    writeFileSync(file, text);
    await body(file, folder);
  });
}

test('a file without a fault', async () => {
  await withFile('defaults {\n verbosity 3\n}\n', async (file) => {
    expect(await mpathctl(['config', 'check', file])).toEqual({ code: 0, out: `${file}: nothing wrong.\n`, err: '' });
  });
});

test('each finding with its line and a suggestion, and the number of findings', async () => {
  await withFile('defaults {\n\tpoling_interval 5\n\tfailback 0\n\tprio_args a b\n}\n', async (file) => {
    expect(await mpathctl(['config', 'check', file])).toEqual({
      code: 1,
      out: [
        `${file}:2:2: warning: invalid keyword in the defaults section: poling_interval`,
        '     poling_interval 5',
        '     ^~~~~~~~~~~~~~~',
        '    did you mean polling_interval?',
        `${file}:3:11: notice: failback 0 counts as not set`,
        '     failback 0',
        '              ^',
        '    to go back at once, write failback immediate',
        `${file}:4:14: error: ignoring extra data starting with '*' on line 4 of ${file}`,
        '     prio_args * *',
        '                 ^',
        '    a value of several words must stand in quotes',
        `${file}: 1 error, 1 warning, 1 notice.`,
        '',
      ].join('\n'),
      err: '',
    });
  });
});

test('notices alone give exit code 0', async () => {
  await withFile('defaults {\n failback 0\n}\n', async (file) => {
    const { code, out } = await mpathctl(['config', 'check', file]);
    expect([code, out.split('\n').at(-2)]).toEqual([0, `${file}: 1 notice.`]);
  });
});

test('a file that makes the configuration unusable', async () => {
  await withFile('blacklist {\n devnode "*"\n}\n', async (file) => {
    const { code, out } = await mpathctl(['config', 'check', file]);
    expect(code).toBe(1);
    expect(out).toContain('nothing to repeat before *; did you mean ".*"?');
    expect(out).toContain(`${file}: 1 error, 1 warning. NOT usable`);
  });
});

test.each<[string, (folder: string) => string, string]>([
  ['is not there', (folder) => join(folder, 'missing'), 'it is not there'],
  ['is a folder', (folder) => folder, 'it is a folder'],
])('a file that %s', async (_, name, reason) => {
  await inFolder(async (folder) => {
    const { code, out } = await mpathctl(['config', 'check', name(folder)]);
    expect([code, out.includes(reason), out.includes('NOT usable')]).toEqual([1, true, true]);
  });
});

test('with a FILE, drop-ins are read only if their folder is given', async () => {
  await withFile('defaults {\n verbosity 3\n}\n', async (file, folder) => {
    const drops = join(folder, 'conf.d');
    mkdirSync(drops);
    writeFileSync(join(drops, 'a.conf'), 'defaults {\n verbosity x\n}\n');
    expect((await mpathctl(['config', 'check', file])).code).toBe(0);
    const { code, out } = await mpathctl(['config', 'check', file, '--config-dir', drops]);
    expect([code, out.includes(`${drops}/a.conf:2:12: warning: invalid value for verbosity: "x"`)]).toEqual([1, true]);
    expect(out.split('\n').at(-2)).toBe(`${file}, ${drops}/a.conf: 1 warning.`);
  });
});

test('the JSON document', async () => {
  await withFile('defaults {\n verbosity 9\n}\n', async (file) => {
    const { code, out } = await mpathctl(['config', 'check', file, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      files: [file],
      usable: true,
      counts: { error: 0, warning: 1, notice: 0 },
      findings: [
        {
          severity: 'warning',
          code: 'capped',
          file,
          line: 2,
          column: 12,
          length: 1,
          text: ' verbosity 9',
          message: `${file} line 2, value for verbosity too large, capping at 4`,
          hint: null,
        },
      ],
    });
  });
});

test('colours on a terminal only', async () => {
  await withFile('x y\n', async (file) => {
    expect((await mpathctl(['config', 'check', file], true)).out).toContain('\u001b[');
    expect((await mpathctl(['config', 'check', file])).out).not.toContain('\u001b[');
  });
});

test.each([
  [['config', 'chek', 'x'], /config chek\?/],
  [['config', 'check', '--from', '1'], /--from belongs to replay/],
  [['config'], /action|which|Not enough/i],
])('%j is no command', async (argv, message) => {
  const { code, err } = await mpathctl(argv);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
