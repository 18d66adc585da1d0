/** The commands of the socket that change something. */
import type { AdminCommand, AdminResult } from '../../src/engine/protocol';
import { scsiDebug } from './fixtures';
import { makeTables } from '../fixtures';
import { startSession } from './startSession';

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
])('a result %j of the engine is answered with %j', async (result, text) => {
  const { ask, daemon } = startSession();
  daemon.answer(result);
  expect(await ask('del map mpatha')).toBe(text);
});

test('del maps flushes each map separately, and reports the failure of any', async () => {
  const { ask, daemon } = startSession();
  expect(await ask('del maps')).toBe('ok\n');
  expect(daemon.submitted).toEqual([
    { kind: 'del-map', map: 'mpath-1Linux_scsi_debug_2000' },
    { kind: 'del-map', map: 'mpath-1Linux_scsi_debug_2001' },
  ]);
  daemon.answer({ outcome: 'fail', reason: 'busy', message: 'EBUSY' });
  expect(await ask('del maps')).toBe('fail\nmap or partition in use\n');
  expect(daemon.submitted).toHaveLength(4);
  expect(await startSession(makeTables([], [])).ask('del maps')).toBe('ok\n');
});

test('an engine that does not answer gives a timeout, and an engine that throws gives a failure', async () => {
  const slow = startSession(scsiDebug(), { timeoutMs: 5 });
  slow.daemon.answer(new Promise(() => undefined));
  expect(await slow.ask('del path sda')).toBe('fail\ntimeout\n');
  slow.daemon.answer(Promise.reject(new Error('broken')));
  expect(await slow.ask('del path sda')).toBe('fail\nbroken\n');
});

test.each([
  ['reconfigure', false],
  ['reconfigure all', true],
])('%s is answered at once, and has all files read again', async (command, all) => {
  const { ask, daemon } = startSession();
  daemon.answer(new Promise(() => undefined));
  expect(await ask(command)).toBe('ok\n');
  expect(daemon.submitted).toEqual([{ kind: 'reconfigure', all }]);
});

test('a reconfigure that fails is logged', async () => {
  const { ask, daemon } = startSession();
  daemon.answer({ outcome: 'fail', reason: 'other', message: 'no listing' });
  await ask('reconfigure');
  await new Promise((resolve) => setImmediate(resolve));
  expect(daemon.logged[1]).toMatch(/^warning: .*no listing/);
});

test('shutdown is answered, and quit changes nothing', async () => {
  const { ask, daemon } = startSession();
  expect(await ask('quit')).toBe('ok\n');
  expect(daemon.shutdowns()).toBe(0);
  expect(await ask('shutdown')).toBe('ok\n');
  expect(daemon.shutdowns()).toBe(1);
});

test.each(['resize map x', 'fail path sda', 'getprkey map x'])(
  '%s is a known command, and its reply says that mpathd does not support it yet',
  async (command) => {
    const { ask, daemon } = startSession();
    expect(await ask(command)).toBe('fail\nnot supported by mpathd yet\n');
    expect(daemon.submitted).toEqual([]);
  },
);
