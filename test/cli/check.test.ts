/** mpathctl check on a machine in memory. */
import type { CheckSystem } from '../../src/cli/check/system';
import { emptyConfiguration, type Configuration } from '../../src/config/configuration';
import type { FindMultipaths } from '../../src/config/settings';
import type { FoundDevice } from '../../src/kernel/findDevice';
import type { Wait } from '../../src/kernel/waitTimers';
import type { BlockFacts } from '../../src/model/facts';
import type { Failure, Reading } from '../../src/model/failure';
import { blockOf } from '../configuration';
import { disk } from '../fixtures';
import { runCommand, type Run } from './runCommand';

const W = '33333333000001234';
/** A disk whose page 0x83 does not contradict its WWID. */
const sda = disk({ vpd83: null });
const sdb = disk({ name: 'sdb', devt: '8:16', diskseq: 3, vpd83: null });
const found: FoundDevice = { name: 'sda', devt: '8:0', diskseq: 2, devtype: 'disk' };

interface Machine {
  configuration: Reading<Configuration>;
  device: Reading<FoundDevice>;
  nativeNvme: boolean;
  disks: BlockFacts[];
  heldBy: string | null;
  /** The answer from the second question on. */
  heldLater: string | null;
  daemon: boolean;
  failedWwids: string[];
  usedBy: string | null;
  listed: Reading<string[]>;
  maps: string[];
  claimable: boolean;
  timer: Wait | 'unwritable';
  begun: number[];
}

const ok = <T>(value: T): Promise<Reading<T>> => Promise.resolve({ ok: true, value });
const failure = (errno: string): Failure => ({
  code: 'KERNEL_ERROR',
  operation: 'read',
  device: '/etc/multipath',
  errno,
});

function conf(mode: FindMultipaths, more: Partial<Configuration> = {}): Reading<Configuration> {
  return { ok: true, value: { ...emptyConfiguration(), defaults: blockOf({ find_multipaths: mode }), ...more } };
}

function machine(more: Partial<Machine> = {}): Machine {
  return {
    configuration: conf('strict'),
    device: { ok: true, value: found },
    nativeNvme: false,
    disks: [sda],
    heldBy: null,
    heldLater: null,
    daemon: true,
    failedWwids: [],
    usedBy: null,
    listed: { ok: true, value: [] },
    maps: [],
    claimable: true,
    timer: { state: 'none' },
    begun: [],
    ...more,
  };
}

function systemOf(of: Machine): CheckSystem {
  let asked = 0;
  return {
    configuration: () => Promise.resolve(of.configuration),
    nativeNvme: () => Promise.resolve(of.nativeNvme),
    find: () => Promise.resolve(of.device),
    heldBy: () => ok(++asked > 1 ? (of.heldLater ?? of.heldBy) : of.heldBy),
    daemonRuns: () => Promise.resolve(of.daemon),
    facts: (name) => {
      const facts = of.disks.find((one) => one.name === name);
      return facts === undefined ? Promise.resolve({ ok: false, failure: failure('ENOENT') }) : ok(facts);
    },
    allFacts: () => ok(of.disks),
    isFailed: (wwid) => ok(of.failedWwids.includes(wwid)),
    usedBy: () => ok(of.usedBy),
    listed: () => Promise.resolve(of.listed),
    mapExists: (wwid) => ok(of.maps.includes(wwid)),
    isClaimable: () => ok(of.claimable),
    wait: () => ok<Wait>(of.timer === 'unwritable' ? { state: 'none' } : of.timer),
    waitFor: (_disk, seconds) => {
      of.begun.push(seconds);
      if (of.timer === 'unwritable') return Promise.resolve({ ok: false, failure: failure('EROFS') });
      return ok<Wait>(of.timer.state === 'none' ? { state: 'waiting', remainingUs: seconds * 1e6 } : of.timer);
    },
  };
}

const check = (of: Machine, argv: readonly string[] = ['sda'], env: Record<string, string> = {}): Promise<Run> =>
  runCommand(['check', ...argv], { env, checkSystem: () => systemOf(of) });

const YES = 'DM_MULTIPATH_DEVICE_PATH="1"\n';
const NO = 'DM_MULTIPATH_DEVICE_PATH="0"\n';
const MAYBE = 'DM_MULTIPATH_DEVICE_PATH="2"\n';

describe('the output and the exit code', () => {
  test.each<[string, Partial<Machine>, string[], string, number, string]>([
    ['listed', { listed: { ok: true, value: [W] } }, ['sda'], YES, 0, `sda: yes, ${W} is in the wwids file\n`],
    [
      'not listed',
      {},
      ['sda'],
      NO,
      1,
      `sda: no, find_multipaths strict: ${W} is not in the wwids file, and there is no map of it\n`,
    ],
    ['in a rule, not listed', {}, ['sda', '--udev'], NO, 0, ''],
    ['in a rule, without a daemon', { daemon: false, listed: { ok: true, value: [W] } }, ['sda', '--udev'], NO, 0, ''],
    [
      'without a daemon',
      { daemon: false, listed: { ok: true, value: [W] } },
      ['sda'],
      YES,
      0,
      `sda: yes, ${W} is in the wwids file\n`,
    ],
    ['in a map', { heldBy: '36', daemon: false }, ['sda', '--udev'], YES, 0, ''],
    ['with a map', { maps: [W] }, ['sda', '--udev'], YES, 0, ''],
    ['failed before', { maps: [W], failedWwids: [W] }, ['sda', '--udev'], NO, 0, ''],
    ['greedy', { configuration: conf('greedy') }, ['sda', '--udev'], YES, 0, ''],
    [
      'greedy, in use',
      { configuration: conf('greedy'), usedBy: 'sda1 is mounted on /' },
      ['sda'],
      NO,
      1,
      'sda: no, in use: sda1 is mounted on /\n',
    ],
    [
      'no such device',
      { device: { ok: false, failure: failure('ENOENT') } },
      ['sda'],
      '',
      2,
      'sda: error, read /etc/multipath: ENOENT\n',
    ],
    [
      'no such device, in a rule',
      { device: { ok: false, failure: failure('ENOENT') } },
      ['sda', '--udev'],
      '',
      1,
      'mpathctl: sda: read /etc/multipath: ENOENT\n',
    ],
    [
      'a configuration that cannot be used',
      { configuration: { ok: false, failure: failure('EACCES') } },
      ['sda'],
      '',
      2,
      'sda: error, read /etc/multipath: EACCES\n',
    ],
    [
      'a wwids file that cannot be read',
      { listed: { ok: false, failure: failure('EACCES') } },
      ['sda'],
      '',
      2,
      'sda: error, read /etc/multipath: EACCES\n',
    ],
    [
      'a partition',
      { device: { ok: true, value: { ...found, name: 'sda1', devtype: 'partition' } } },
      ['sda1'],
      NO,
      1,
      'sda1: no, a partition, not a disk\n',
    ],
    [
      'another disk by now',
      { disks: [disk({ diskseq: 9 })] },
      ['sda'],
      '',
      2,
      'sda: error, sda is another disk by now\n',
    ],
    [
      '--ignore-wwids: strict is smart',
      {},
      ['sda', '--ignore-wwids'],
      `FIND_MULTIPATHS_WAIT_UNTIL="1.000000"\n${MAYBE}`,
      0,
      `sda: maybe, find_multipaths smart: another path to ${W} may come\n`,
    ],
    [
      '--ignore-wwids: off is greedy',
      { configuration: conf('off') },
      ['sda', '--ignore-wwids'],
      YES,
      0,
      'sda: yes, find_multipaths greedy: every disk that is not blacklisted\n',
    ],
  ])('%s', async (_, more, argv, out, code, err) => {
    expect(await check(machine(more), argv)).toEqual({ code, out, err });
  });

  test('blacklisted, with the line that says so', async () => {
    const rule = { pattern: '^sda$', inverted: false, file: '/etc/multipath.conf', line: 7 };
    const configuration = conf('greedy', { blacklist: { ...emptyConfiguration().blacklist, devnode: [rule] } });
    expect(await check(machine({ configuration }))).toEqual({
      code: 1,
      out: NO,
      err: 'sda: no, blacklisted by devnode "^sda$" (/etc/multipath.conf line 7)\n',
    });
  });

  test.each([
    [false, YES],
    [true, NO],
  ])('NVMe, if the kernel multipaths it itself (%s)', async (nativeNvme, out) => {
    const nvme = disk({
      name: 'nvme0n1',
      devt: '259:0',
      bus: 'nvme',
      vendor: 'NVME',
      vpd83: null,
      sysfsWwid: null,
      udev: { ID_WWN: 'nqn.1' },
    });
    const device: FoundDevice = { ...found, name: 'nvme0n1', devt: '259:0' };
    expect(
      (await check(machine({ nativeNvme, device: { ok: true, value: device }, disks: [nvme], maps: ['nqn.1'] }))).out,
    ).toBe(out);
  });

  test('the WWID is that of the configured property', async () => {
    const site = disk({ vpd83: null, udev: { ...sda.udev, ID_SITE: 'lun7' } });
    const configuration = conf('strict', { overrides: blockOf({ uid_attribute: 'ID_SITE' }) });
    expect(await check(machine({ configuration, disks: [site], listed: { ok: true, value: ['lun7'] } }))).toMatchObject(
      { code: 0, out: YES },
    );
  });

  test('as JSON', async () => {
    const { code, out, err } = await check(machine(), ['/dev/disk/by-id/x', '--json']);
    expect([code, err]).toEqual([1, '']);
    expect(JSON.parse(out)).toEqual({
      device: '/dev/disk/by-id/x',
      name: 'sda',
      devt: '8:0',
      state: 'no',
      wwid: W,
      waitUntil: null,
      reason: `find_multipaths strict: ${W} is not in the wwids file, and there is no map of it`,
    });
    const error = await check(machine({ device: { ok: false, failure: failure('ENOENT') } }), ['x', '--json']);
    expect(JSON.parse(error.out)).toEqual({ device: 'x', state: 'error', reason: 'read /etc/multipath: ENOENT' });
  });

  test('terminals get no control characters', async () => {
    expect((await check(machine({ usedBy: '\u001b[2J', configuration: conf('greedy') }))).err).toBe(
      'sda: no, in use: \\x1b[2J\n',
    );
  });

  test('without an argument the device is that of the rule, or there is an error', async () => {
    expect(await check(machine({ maps: [W] }), ['--udev'], { DEVNAME: '/dev/sda' })).toMatchObject({
      code: 0,
      out: YES,
    });
    expect(await check(machine(), [], { DEVNAME: '/dev/sda' })).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('which device?'),
    });
    expect(await check(machine(), ['--udev'])).toMatchObject({ code: 1, out: '' });
  });

  test('--udev belongs to check', async () => {
    expect(await check(machine(), ['sda', '--from', '1'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--from belongs to replay'),
    });
  });
});

describe('find_multipaths smart', () => {
  const smart = (more: Partial<Machine> = {}): Machine => machine({ configuration: conf('smart'), ...more });

  test('the first path waits for a second if its hardware is in no table', async () => {
    const of = smart();
    expect(await check(of, ['sda', '--udev'])).toEqual({
      code: 0,
      out: `FIND_MULTIPATHS_WAIT_UNTIL="1.000000"\n${MAYBE}`,
      err: '',
    });
    expect(of.begun).toEqual([1]);
  });

  test('the first path waits for the whole time if its hardware is in a table', async () => {
    const of = smart({
      configuration: conf('smart', { devices: [blockOf({ vendor: 'Linux', product: 'scsi_debug' })] }),
    });
    await check(of);
    expect(of.begun).toEqual([10]);
  });

  test('the wait continues, and ends in its time', async () => {
    expect((await check(smart({ timer: { state: 'waiting', remainingUs: 2_500_001 } }))).out).toBe(
      `FIND_MULTIPATHS_WAIT_UNTIL="2.500001"\n${MAYBE}`,
    );
    expect(await check(smart({ timer: { state: 'over' } }))).toEqual({
      code: 1,
      out: `FIND_MULTIPATHS_WAIT_UNTIL="0"\n${NO}`,
      err: `sda: no, no other path to ${W} has come in time\n`,
    });
  });

  test('another path makes both paths valid, and ends the wait', async () => {
    const of = smart({ disks: [sda, sdb], timer: { state: 'waiting', remainingUs: 1 } });
    expect(await check(of)).toEqual({
      code: 0,
      out: `FIND_MULTIPATHS_WAIT_UNTIL="0"\n${YES}`,
      err: `sda: yes, there is another path to ${W}\n`,
    });
    expect(of.begun).toEqual([]);
  });

  test.each<[string, BlockFacts]>([
    ['itself', sda],
    ['of another LUN', disk({ name: 'sdb', devt: '8:16', vpd83: null, udev: { ...sda.udev, ID_SERIAL: '36' } })],
    ['blacklisted', disk({ ...sdb, name: 'xvda' })],
  ])('a disk that is %s is no other path', async (_, other) => {
    expect((await check(smart({ disks: [sda, other] }))).out).toContain(MAYBE);
  });

  test('a program that has the disk open keeps it, unless it is a map', async () => {
    expect(await check(smart({ claimable: false, disks: [sda, sdb] }))).toMatchObject({ code: 1, out: NO });
    expect(await check(smart({ claimable: false, heldLater: '36' }))).toMatchObject({ code: 0, out: YES });
  });

  test('a disk that cannot wait is free for other programs', async () => {
    expect(await check(smart({ timer: 'unwritable' }))).toEqual({
      code: 1,
      out: NO,
      err: 'sda: no, a wait for another path is not possible: read /etc/multipath: EROFS\n',
    });
  });
});

describe('in a rule', () => {
  const bare = disk({ udev: null, vpd83: null });
  const event = { MAJOR: '8', MINOR: '0', DISKSEQ: '2', DEVTYPE: 'disk', ID_SERIAL: '36', ID_WWN: '0x6' };

  test("the event's properties give the WWID before udev has a record", async () => {
    const of = machine({ disks: [bare], maps: ['36'] });
    expect(await check(of, ['sda', '--udev'], event)).toMatchObject({ code: 0, out: YES });
    expect(await check(of, ['sda'], event)).toMatchObject({ code: 1, out: NO, err: 'sda: no, it has no WWID\n' });
  });

  test("the event's properties count before the record, which is of an earlier event", async () => {
    expect(await check(machine({ maps: ['36'] }), ['sda', '--udev'], event)).toMatchObject({ out: YES });
    expect(await check(machine({ maps: [W] }), ['sda', '--udev'], event)).toMatchObject({ out: NO });
  });

  test.each([
    ['another number', { MINOR: '16' }],
    ['another sequence number', { DISKSEQ: '7' }],
    ['no value', { ID_SERIAL: '' }],
  ])("properties of %s are not this disk's", async (_, more) => {
    expect(
      await check(machine({ disks: [bare], maps: ['36'] }), ['sda', '--udev'], { ...event, ...more }),
    ).toMatchObject({ out: NO });
  });

  test('a disk that other programs were allowed to use is not taken back', async () => {
    const env = { DM_MULTIPATH_DEVICE_PATH: '0' };
    expect(await check(machine({ maps: [W] }), ['sda', '--udev'], env)).toMatchObject({ out: NO });
    expect(await check(machine({ configuration: conf('greedy') }), ['sda', '--udev'], env)).toMatchObject({ out: NO });
    const waited = machine({ configuration: conf('smart') });
    expect(await check(waited, ['sda', '--udev'], env)).toMatchObject({ out: NO });
    expect(waited.begun).toEqual([]);
  });

  test('but it is taken back if it is in a map, or in the wwids file', async () => {
    const env = { DM_MULTIPATH_DEVICE_PATH: '0' };
    expect(await check(machine({ heldBy: W }), ['sda', '--udev'], env)).toMatchObject({ out: YES });
    expect(await check(machine({ listed: { ok: true, value: [W] } }), ['sda', '--udev'], env)).toMatchObject({
      out: YES,
    });
  });
});

test("a record that the disk's own page contradicts is not used", async () => {
  const stale = disk();
  const of = machine({ disks: [stale], maps: [W] });
  expect(await check(of)).toMatchObject({ code: 1, err: expect.stringContaining(' 333333330000007d0 ') });
});

test('a call that hangs is given up, and the process ends', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  let abandoned = 0;
  const running = runCommand(['check', 'sda', '--udev'], {
    checkSystem: () => ({ ...systemOf(machine()), find: () => new Promise(() => undefined) }),
    abandon: () => void abandoned++,
  });
  await new Promise((wake) => setImmediate(wake));
  jest.advanceTimersByTime(20_000);
  jest.useRealTimers();
  expect(await running).toEqual({ code: 1, out: '', err: expect.stringContaining('no answer within 20 s') });
  expect(abandoned).toBe(1);
});
