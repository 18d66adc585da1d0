import type { WwidsSystem } from '../../src/cli/check/wwidsSystem';
import { memoryWwids } from '../../src/daemon/wwidsStore';
import type { Failure } from '../../src/model/failure';
import { runCommand, type Run } from './runCommand';

const failure = (operation: string, errno: string): Failure => ({
  code: 'KERNEL_ERROR',
  operation,
  device: '/x',
  errno,
});
const failed = (operation: string, errno: string): { ok: false; failure: Failure } => ({
  ok: false,
  failure: failure(operation, errno),
});

function systemOf(more: Partial<WwidsSystem> = {}): WwidsSystem {
  return {
    store: memoryWwids(),
    wwidOf: (device) => Promise.resolve(device === 'sda' ? { ok: true, value: '3600' } : failed('sysfs', 'ENOENT')),
    mapped: () => Promise.resolve({ ok: true, value: ['3601', '3602'] }),
    ...more,
  };
}

const wwids = (system: WwidsSystem, ...argv: string[]): Promise<Run> =>
  runCommand(['wwids', ...argv], { wwidsSystem: () => system });

const HINT = expect.stringContaining('mpathctl reconfigure');

test("a disk's WWID is added once, listed, and removed", async () => {
  const system = systemOf();
  expect(await wwids(system, 'add', 'sda')).toEqual({ code: 0, out: "wwid '3600' added\n", err: HINT });
  expect(await wwids(system, 'add', 'sda')).toEqual({
    code: 0,
    out: "wwid '3600' is in wwids file already\n",
    err: '',
  });
  expect(await wwids(system, 'list')).toEqual({ code: 0, out: '3600\n', err: '' });
  expect(await wwids(system, 'list', '--json')).toEqual({
    code: 0,
    out: '{\n  "wwids": [\n    "3600"\n  ]\n}\n',
    err: '',
  });
  expect(await wwids(system, 'remove', 'sda')).toEqual({ code: 0, out: "wwid '3600' removed\n", err: HINT });
  expect(await wwids(system, 'remove', 'sda')).toEqual({ code: 0, out: "wwid '3600' not in wwids file\n", err: '' });
});

test('a listed WWID is removed also if no disk has it', async () => {
  const system = systemOf();
  await system.store.add('3699');
  expect(await wwids(system, 'remove', '3699')).toMatchObject({ code: 0, out: "wwid '3699' removed\n" });
  expect(await system.store.read()).toEqual({ ok: true, value: [] });
});

test('a reset makes the list of the existing maps', async () => {
  const system = systemOf();
  await wwids(system, 'add', 'sda');
  expect(await wwids(system, 'reset')).toEqual({ code: 0, out: 'successfully reset wwids\n', err: HINT });
  expect(await system.store.read()).toEqual({ ok: true, value: ['3601', '3602'] });
  expect(JSON.parse((await wwids(system, 'reset', '--json')).out)).toEqual({
    ok: true,
    message: 'successfully reset wwids',
    wwids: ['3601', '3602'],
  });
});

test('if the maps cannot be listed, the file stays as it is', async () => {
  const system = systemOf({ mapped: () => Promise.resolve(failed('DM_LIST_DEVICES', 'ENOMEM')) });
  await wwids(system, 'add', 'sda');
  expect(await wwids(system, 'reset')).toEqual({ code: 1, out: '', err: 'mpathctl: DM_LIST_DEVICES /x: ENOMEM\n' });
  expect(await system.store.read()).toEqual({ ok: true, value: ['3600'] });
});

test('failures are reported', async () => {
  const full = {
    ...memoryWwids(),
    add: () => Promise.resolve(failed('write', 'ENOSPC')),
    read: () => Promise.resolve(failed('open', 'EACCES')),
  };
  const system = systemOf({ store: full });
  expect(await wwids(system, 'add', 'sda')).toEqual({
    code: 1,
    out: '',
    err: "mpathctl: failed adding '3600' to wwids file: write /x: ENOSPC\n",
  });
  expect(await wwids(system, 'list')).toEqual({ code: 1, out: '', err: 'mpathctl: open /x: EACCES\n' });
  expect(await wwids(system, 'add', 'sdz')).toEqual({ code: 1, out: '', err: 'mpathctl: sysfs /x: ENOENT\n' });
  expect(await wwids(system, 'remove')).toMatchObject({ code: 1, err: expect.stringContaining('which device?') });
  expect(await wwids(system, 'wipe')).toMatchObject({ code: 2, err: expect.stringContaining('wwids list') });
});
