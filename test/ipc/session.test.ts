/** Who may give which command, and which lines are no command. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSession } from '../../src/ipc/session';
import { makeTables } from '../fixtures';
import { reply, startSession } from './startSession';
import { casesOf, text } from '../vectors/runner';

describe('lines that are no command', () => {
  test.each([
    ['frobnicate', 'fail\nfrobnicate: not found\nmpathd v0.1.0'],
    ['show map x status', 'fail\nshow map x status: Missing argument\nmpathd v0.1.0'],
    ['show path', 'fail\nshow path: Missing argument\n'],
    ['', 'fail\n: Not enough memory\n'],
  ])('%j gets its reason and the list of commands', async (command, beginning) => {
    expect((await startSession().ask(command)).startsWith(beginning)).toBe(true);
  });

  test('an unknown word before the last gets only fail', async () => {
    expect(await startSession().ask('frob paths')).toBe('fail\n');
  });

  test('a fault of the daemon gives a failure to one client and a line in the log', async () => {
    const { daemon } = startSession();
    const broken = createSession({
      ...daemon.dependencies,
      tables: () => {
        throw new Error('no tables');
      },
    });
    expect(await reply(broken, 'show maps', true)).toBe('fail\ninternal error, see the log\n');
    expect(daemon.logged).toEqual(['error: answering "show maps": no tables']);
  });
});

describe('rights', () => {
  test.each(['show maps', 'list paths', 'show topology', 'mpathd status json', 'mpathd paths json'])(
    '%s is open to all',
    async (command) => {
      expect(await reply(startSession().session, command, false)).not.toMatch(/^fail/);
    },
  );

  test.each([
    'add path sda',
    'del map x',
    'reconfigure',
    'shutdown',
    'quit',
    'resize map x',
    'mpathd resync',
    'mpathd audit',
    'mpathd audit json',
  ])('%s is for root', async (command) => {
    const { session, daemon } = startSession();
    expect(await reply(session, command, false)).toBe('fail\npermission deny: need to be root\n');
    expect(daemon.submitted).toEqual([]);
    expect(daemon.shutdowns()).toBe(0);
  });
});

describe('commands that multipathd answers without its lock need neither the tables nor the engine', () => {
  const vectors = casesOf(JSON.parse(readFileSync(join(__dirname, '../vectors/cli.json'), 'utf8')));
  const free = vectors.filter((c) => c['needs_lock'] === false);

  test('such vectors exist', () => expect(free.length).toBeGreaterThan(4));

  test.each(free.map((c) => [text(c['command']), c.id]))('%s (%s)', async (command) => {
    const { daemon } = startSession();
    const untouchable = new Proxy(makeTables([], []), {
      get: (_, name) => {
        throw new Error(`${String(name)} of the tables was asked for`);
      },
    });
    daemon.answer(new Promise(() => undefined));
    const session = createSession({ ...daemon.dependencies, tables: () => untouchable });
    expect(await reply(session, command, true)).not.toMatch(/^fail/);
  });
});
