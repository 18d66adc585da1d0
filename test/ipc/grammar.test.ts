import fc from 'fast-check';
import { COMMANDS } from '../../src/ipc/commands';
import { isOpenToAll, parameter, parseCommand } from '../../src/ipc/grammar';
import { findKey, spellings, takesParameter } from '../../src/ipc/keywords';
import { UNSUPPORTED } from '../../src/ipc/replies';
import { startSession } from './startSession';

/** The line that gives a command, with parameters. */
function lineOf(command: string): string {
  return command
    .split(' ')
    .map((word) => {
      const key = findKey(word);
      return key !== null && takesParameter(key) ? `${word} p-${word}` : word;
    })
    .join(' ');
}

test.each([...COMMANDS])('%s is found by its keywords', (command) => {
  const parsed = parseCommand(lineOf(command));
  expect(parsed).toMatchObject({ ok: true, command });
});

test('every word of every command is a keyword', () => {
  const words = new Set(COMMANDS.flatMap((command) => command.split(' ')));
  for (const word of words) expect(findKey(word)).toBe(word);
});

test.each([
  ['remove', 'del'],
  ['list', 'show'],
  ['switch', 'switchgroup'],
  ['map', 'multipath'],
  ['maps', 'multipaths'],
  ['quit', 'exit'],
] as const)('%s is also %s', (key, synonym) => {
  expect(findKey(synonym)).toBe(key);
  expect(spellings(key)).toContain(synonym);
});

test.each([
  ['a prefix of one keyword', 'resi map x', 'resize map'],
  ['an exact word that is a prefix of another', 'switch map x group 1', 'switch map group'],
  ['the whole of a longer one', 'show paths', 'list paths'],
])('%s is understood', (_, line, command) => {
  expect(parseCommand(line)).toMatchObject({ ok: true, command });
});

test.each([
  ['sh', 'ESRCH'],
  ['res map x', 'ENOENT'],
  ['show nothing', 'ESRCH'],
  ['show nothing more', 'ENOENT'],
  ['add path', 'EINVAL'],
  ['switch map x group', 'EINVAL'],
  ['   ', 'ENOMEM'],
  ['# comment', 'ENOMEM'],
])('%j is %s', (line, error) => {
  expect(parseCommand(line)).toEqual({ ok: false, error });
});

test('more than four known words form no command, and no word is at fault', () => {
  expect(parseCommand('show list show list json')).toMatchObject({ ok: true, command: null });
});

test('no text makes the parser throw', () => {
  const words = fc.constantFrom('show', 'path', 'map', 'format', '"', '{', '#', '%n', 'json', 'é', '');
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words).map((list) => list.join(' ')),
  );
  fc.assert(
    fc.property(text, (line) => {
      const parsed = parseCommand(line);
      if (parsed.ok) expect(parsed.keywords.length).toBeGreaterThan(0);
      else expect(['ESRCH', 'ENOENT', 'EINVAL', 'ENOMEM']).toContain(parsed.error);
    }),
  );
});

test('only commands that show something are open to all', () => {
  const open = COMMANDS.filter((command) => {
    const parsed = parseCommand(lineOf(command));
    return parsed.ok && isOpenToAll(parsed.keywords);
  });
  expect(open).toEqual(COMMANDS.filter((command) => command.startsWith('list ')));
});

test('a parameter is found by its keyword', () => {
  const parsed = parseCommand('switchgroup map mpatha group 2');
  if (!parsed.ok) throw new Error(parsed.error);
  expect(parameter(parsed.keywords, 'map')).toBe('mpatha');
  expect(parameter(parsed.keywords, 'group')).toBe('2');
  expect(parameter(parsed.keywords, 'path')).toBe('');
});

test('every show command is answered, and some changes are', async () => {
  const { ask } = startSession();
  const replies = await Promise.all(COMMANDS.map((command) => ask(lineOf(command))));
  const isHandled = (at: number): boolean => replies[at] !== UNSUPPORTED;
  const isListing = (command: string): boolean => command.startsWith('list ');
  expect(COMMANDS.filter((command, at) => isListing(command) && !isHandled(at))).toEqual([]);
  expect(COMMANDS.filter((command, at) => !isListing(command) && isHandled(at))).toEqual([
    'add path',
    'remove path',
    'add map',
    'remove map',
    'remove maps',
    'reconfigure',
    'reconfigure all',
    'disablequeueing map',
    'restorequeueing map',
    'disablequeueing maps',
    'restorequeueing maps',
    'quit',
    'shutdown',
    'forcequeueing daemon',
    'restorequeueing daemon',
  ]);
});
