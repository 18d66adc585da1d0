/** What the socket's commands change, who may give them, and what is none. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSession } from '../../src/ipc/session';
import type { AdminCommand, AdminResult } from '../../src/engine/protocol';
import { scsiDebug } from './fixtures';
import { makeTables } from '../fixtures';
import { startSession } from './startSession';
import { casesOf, text } from '../vectors/runner';

describe('changes', () => {
  test.each<[string, AdminCommand]>([
    ['add path /dev/sda', { kind: 'add-path', path: 'sda' }],
    ['del path sda', { kind: 'del-path', path: 'sda' }],
    ['remove path cciss/c0d0', { kind: 'del-path', path: 'cciss!c0d0' }],
    ['add map mpatha', { kind: 'add-map', map: 'mpatha' }],
    ['del multipath /dev/dm-1', { kind: 'del-map', map: 'dm-1' }],
    ['disablequeueing map mpatha', { kind: 'disable-queueing', map: 'mpatha' }],
    ['restorequeueing multipath mpatha', { kind: 'restore-queueing', map: 'mpatha' }],
    ['disablequeueing maps', { kind: 'disable-queueing', map: null }],
    ['restorequeueing multipaths', { kind: 'restore-queueing', map: null }],
    ['forcequeueing daemon', { kind: 'force-daemon-queueing' }],
    ['restorequeueing daemon', { kind: 'restore-daemon-queueing' }],
  ])('%s is handed to the engine and logged', async (command, asked) => {
    const { ask, daemon } = startSession();
    expect(await ask(command)).toBe('ok\n');
    expect(daemon.submitted).toEqual([asked]);
    expect(daemon.logged).toHaveLength(1);
  });

  test.each<[AdminResult, string]>([
    [{ outcome: 'ok' }, 'ok\n'],
    [{ outcome: 'text', text: 'blacklisted\n' }, 'blacklisted\n'],
    [{ outcome: 'text', text: 'delayed' }, 'delayed\n'],
    [{ outcome: 'fail', reason: 'not-found', message: 'x' }, 'fail\ndevice not found\n'],
    [{ outcome: 'fail', reason: 'busy', message: 'x' }, 'fail\nmap or partition in use\n'],
    [{ outcome: 'fail', reason: 'timeout', message: 'x' }, 'fail\ntimeout\n'],
    [{ outcome: 'fail', reason: 'other', message: 'DM_REMOVE: EIO' }, 'fail\nDM_REMOVE: EIO\n'],
    [{ outcome: 'fail', reason: 'other', message: '' }, 'fail\n'],
  ])('%j is answered %j', async (result, text) => {
    const { ask, daemon } = startSession();
    daemon.answer(result);
    expect(await ask('del map mpatha')).toBe(text);
  });

  test('del maps flushes each map on its own, and tells a failure of any', async () => {
    const { ask, daemon } = startSession();
    expect(await ask('del maps')).toBe('ok\n');
    expect(daemon.submitted).toEqual([
      { kind: 'del-map', map: '1Linux_scsi_debug_2000' },
      { kind: 'del-map', map: '1Linux_scsi_debug_2001' },
    ]);
    daemon.answer({ outcome: 'fail', reason: 'busy', message: 'EBUSY' });
    expect(await ask('del maps')).toBe('fail\nmap or partition in use\n');
    expect(daemon.submitted).toHaveLength(4);
    expect(await startSession(makeTables([], [])).ask('del maps')).toBe('ok\n');
  });

  test('an engine that does not answer is a timeout, and one that throws a failure', async () => {
    const slow = startSession(scsiDebug(), { timeoutMs: 5 });
    slow.daemon.answer(new Promise(() => undefined));
    expect(await slow.ask('del path sda')).toBe('fail\ntimeout\n');
    slow.daemon.answer(Promise.reject(new Error('broken')));
    expect(await slow.ask('del path sda')).toBe('fail\nbroken\n');
  });

  test.each([
    ['reconfigure', false],
    ['reconfigure all', true],
  ])('%s is answered at once, and read anew is everything', async (command, all) => {
    const { ask, daemon } = startSession();
    daemon.answer(new Promise(() => undefined));
    expect(await ask(command)).toBe('ok\n');
    expect(daemon.submitted).toEqual([{ kind: 'reconfigure', all }]);
  });

  test('a reconfigure that failed is logged', async () => {
    const { ask, daemon } = startSession();
    daemon.answer({ outcome: 'fail', reason: 'other', message: 'no listing' });
    await ask('reconfigure');
    await new Promise((resolve) => setImmediate(resolve));
    expect(daemon.logged[1]).toMatch(/^warning: .*no listing/);
  });

  test('shutdown is answered, quit changes nothing', async () => {
    const { ask, daemon } = startSession();
    expect(await ask('quit')).toBe('ok\n');
    expect(daemon.shutdowns()).toBe(0);
    expect(await ask('shutdown')).toBe('ok\n');
    expect(daemon.shutdowns()).toBe(1);
  });

  test.each(['resize map x', 'fail path sda', 'getprkey map x'])(
    '%s is known, and said not to be there',
    async (command) => {
      const { ask, daemon } = startSession();
      expect(await ask(command)).toBe('fail\nnot supported by mpathd yet\n');
      expect(daemon.submitted).toEqual([]);
    },
  );
});

describe('what is no command', () => {
  test.each([
    ['frobnicate', 'fail\nfrobnicate: not found\nmpathd v0.1.0'],
    ['show map x status', 'fail\nshow map x status: Missing argument\nmpathd v0.1.0'],
    ['show path', 'fail\nshow path: Missing argument\n'],
    ['', 'fail\n: Not enough memory\n'],
  ])('%j gets its reason and the reference', async (command, beginning) => {
    expect((await startSession().ask(command)).startsWith(beginning)).toBe(true);
  });

  test('an unknown word before the last gets nothing but fail', async () => {
    expect(await startSession().ask('frob paths')).toBe('fail\n');
  });

  test('a fault of the daemon is a failure to one client and a line in the log', async () => {
    const { daemon } = startSession();
    const broken = createSession({
      ...daemon.dependencies,
      tables: () => {
        throw new Error('no tables');
      },
    });
    expect(await broken.handle('show maps', true)).toBe('fail\ninternal error, see the log\n');
    expect(daemon.logged).toEqual(['error: answering "show maps": no tables']);
  });
});

describe('rights', () => {
  test.each(['show maps', 'list paths', 'show topology', 'mpathd status json', 'mpathd paths json'])(
    '%s is open to all',
    async (command) => {
      expect(await startSession().session.handle(command, false)).not.toMatch(/^fail/);
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
    expect(await session.handle(command, false)).toBe('fail\npermission deny: need to be root\n');
    expect(daemon.submitted).toEqual([]);
    expect(daemon.shutdowns()).toBe(0);
  });
});

describe('what multipathd answers without its lock needs neither the tables nor the engine', () => {
  const vectors = casesOf(JSON.parse(readFileSync(join(__dirname, '../vectors/cli.json'), 'utf8')));
  const free = vectors.filter((c) => c['needs_lock'] === false);

  test('there are such vectors', () => expect(free.length).toBeGreaterThan(4));

  test.each(free.map((c) => [text(c['command']), c.id]))('%s (%s)', async (command) => {
    const { daemon } = startSession();
    const untouchable = new Proxy(makeTables([], []), {
      get: (_, name) => {
        throw new Error(`${String(name)} of the tables was asked for`);
      },
    });
    daemon.answer(new Promise(() => undefined));
    const session = createSession({ ...daemon.dependencies, tables: () => untouchable });
    expect(await session.handle(command, true)).not.toMatch(/^fail/);
  });
});
