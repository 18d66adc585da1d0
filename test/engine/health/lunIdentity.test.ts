/* LUNs that are swapped behind live paths: sysfs still describes the earlier LUN. */
import type { KernelPorts } from '../../../src/kernel/ports';
import type { CheckOutcome } from '../../../src/model/facts';
import type { FaultOutcome, Operation } from '../../../src/simulator/faults';
import { startWithSan, wwidOf, type Rig } from '../../simulation/rig';

const LUN1 = `mpath-${wwidOf(1)}`;
const LUN2 = `mpath-${wwidOf(2)}`;
const LUNS_CHANGED = 'REPORTED_LUNS_DATA_HAS_CHANGED';

interface Scene extends Rig {
  /** Questions to disks and writes to maps, in order. */
  asked: string[];
}

/** INQUIRY for page 0x83, the page of identity. */
const PAGE_83 = '120183';

/** Two LUNs through two ports: sda and sdb are LUN 1 and 2 through the first, sdc and sdd through the second. */
async function start(): Promise<Scene> {
  const asked: string[] = [];
  const rig = await startWithSan(2, 2, {
    ports: (ports: KernelPorts) => ({
      ...ports,
      blocks: {
        ...ports.blocks,
        scsi: (question) => {
          if (question.command.startsWith(PAGE_83)) asked.push(`inquire ${question.name}`);
          return ports.blocks.scsi(question);
        },
        rescan: (disk) => (asked.push(`rescan ${disk.name}`), ports.blocks.rescan(disk)),
      },
      deviceMapper: {
        ...ports.deviceMapper,
        message: (uuid, text) => (asked.push(text), ports.deviceMapper.message(uuid, text)),
        reload: (request) => (
          asked.push(`reload ${request.uuid === LUN1 ? 1 : 2}`), ports.deviceMapper.reload(request)
        ),
      },
    }),
  });
  asked.length = 0;
  return Object.assign(rig, { asked });
}

const swap = (rig: Rig, name: string, lun: number, attention: string | null = null): void =>
  rig.simulator.admin.swapLun(name, { wwid: wwidOf(lun), sizeSectors: 16384, attention });

const goWrong = (rig: Rig, operations: Operation[], outcome: FaultOutcome, times: number | null = null): (() => void) =>
  rig.simulator.faults.add({ operations, devices: null, outcome, times, probability: 1 });

const states = (rig: Rig, uuid: string): string[] => rig.truth().maps[uuid]?.paths ?? [];
const linesOf = (rig: Rig, level: string): string[] =>
  rig.logs.filter((line) => line.level === level).map(({ device, message }) => `${device}: ${message}`);
const counted = (rig: Scene, what: string): number => rig.asked.filter((one) => one === what).length;

async function fail(rig: Rig, name: string): Promise<void> {
  rig.simulator.admin.change(name, { answer: 'down', io: true });
  await rig.run(1_000);
}

/** sda shows neither page 0x83 nor a serial number, and is down. */
async function failWithoutPage(rig: Scene): Promise<void> {
  const disk = rig.simulator.world.disks.get('sda');
  if (disk === undefined) throw new Error('no sda');
  disk.vpd83 = null;
  disk.vpd80 = null;
  rig.simulator.admin.trigger('sda', 'change');
  await fail(rig, 'sda');
}

const mend = (rig: Rig, name: string): void => rig.simulator.admin.change(name, { answer: 'up' });

test('while nothing happens no disk is asked beside its checks', async () => {
  const rig = await start();
  await rig.run(120_000);
  expect(rig.asked).toEqual([]);
});

describe('a LUN swapped behind an active path', () => {
  test.each([LUNS_CHANGED, 'INQUIRY_DATA_HAS_CHANGED', 'CAPACITY_DATA_HAS_CHANGED'])(
    '%s: is found, and the path joins the map of its LUN',
    async (attention) => {
      const rig = await start();
      swap(rig, 'sda', 2, attention);
      await rig.run(25_000);
      expect([states(rig, LUN1), states(rig, LUN2)]).toEqual([
        ['8:32 active'],
        ['8:0 active', '8:16 active', '8:48 active'],
      ]);
      expect(rig.view()).toEqual(rig.truth());
    },
  );

  test('gets no more I/O before anything else is done, and the log says what happened, to which path, and what follows', async () => {
    const rig = await start();
    swap(rig, 'sda', 2, LUNS_CHANGED);
    await rig.run(25_000);
    const [inquiry, stop, out] = ['inquire sda', 'fail_path 8:0', 'reload 1'].map((one) => rig.asked.indexOf(one));
    expect([inquiry, stop, out].every((at) => at !== -1 && at !== undefined)).toBe(true);
    expect(inquiry).toBeLessThan(stop as number);
    expect(stop).toBeLessThan(out as number);
    // The unit attention comes twice: from the kernel, and from udevd.
    expect(counted(rig, 'rescan sda')).toBeGreaterThan(0);
    expect(counted(rig, 'rescan sda')).toBeLessThan(3);
    expect(linesOf(rig, 'error')[0]).toContain(
      `sda: leads to another LUN: the disk answers as ${wwidOf(2)}, the kernel has ${wwidOf(1)}; the path is failed in mpatha and taken out; the disk is rescanned; writes to mpatha`,
    );
    // udev's record names the right LUN again.
    expect(rig.simulator.world.udevDatabase.get('8:0')?.properties['ID_SERIAL']).toBe(wwidOf(2));
  });

  test('with a sign from another LUN of the same target: all LUNs of that target are asked, and no other', async () => {
    const rig = await start();
    const { admin } = rig.simulator;
    const other = admin.addDisk({ wwid: wwidOf(3), hcil: '0:0:0:9', sizeSectors: 16384 });
    await rig.run(2_000);
    swap(rig, 'sda', 2);
    rig.asked.length = 0;
    admin.attention(other, LUNS_CHANGED);
    await rig.run(2_000);
    expect(states(rig, LUN2)).toContain('8:0 active');
    expect(new Set(rig.asked.filter((one) => one.startsWith('inquire')))).toEqual(
      new Set(['inquire sda', 'inquire sdb', `inquire ${other}`]),
    );
  });

  test('with a unit attention that says nothing about LUNs: no disk is asked', async () => {
    const rig = await start();
    rig.simulator.admin.attention('sda', 'POWER_ON_RESET_OCCURRED');
    await rig.run(5_000);
    expect(rig.asked).toEqual([]);
  });

  test('with a unit attention and the same LUN: nothing changes, and the disk is asked once for each of the two sockets', async () => {
    const rig = await start();
    rig.simulator.admin.attention('sda', 'CAPACITY_DATA_HAS_CHANGED');
    await rig.run(30_000);
    expect(rig.asked).toEqual(['inquire sda', 'inquire sda']);
  });

  test('with a question that gets no answer: this is no evidence, the path stays, and the disk is asked after each check', async () => {
    const rig = await start();
    const end = goWrong(rig, ['inquiry'], { kind: 'errno', errno: 'ENOMEM' });
    swap(rig, 'sda', 2);
    rig.simulator.admin.attention('sda', LUNS_CHANGED);
    await rig.run(60_000);
    expect(states(rig, LUN1)).toEqual(['8:0 active', '8:32 active']);
    expect(counted(rig, 'inquire sda')).toBeGreaterThan(2);
    expect(counted(rig, 'inquire sda')).toBeLessThan(15);
    expect(
      linesOf(rig, 'warning').filter((line) =>
        line.startsWith('sda: gave no identity (INQUIRY sda: ENOMEM): the path stays as it is'),
      ),
    ).toHaveLength(1);
    end();
    await rig.run(25_000);
    expect(states(rig, LUN2)).toContain('8:0 active');
  });
});

describe('a path that was down', () => {
  test('is reinstated when it says that it still leads to the LUN', async () => {
    const rig = await start();
    await fail(rig, 'sda');
    rig.asked.length = 0;
    mend(rig, 'sda');
    await rig.run(10_000);
    // The check that found it up has asked.
    expect(rig.asked).toEqual(['reinstate_path 8:0']);
    expect(states(rig, LUN1)).toEqual(['8:0 active', '8:32 active']);
  });

  test('and leads to another LUN afterwards is never reinstated, and joins the right map', async () => {
    const rig = await start();
    await fail(rig, 'sda');
    swap(rig, 'sda', 2);
    mend(rig, 'sda');
    await rig.run(10_000);
    expect(counted(rig, 'reinstate_path 8:0')).toBe(0);
    expect([states(rig, LUN1), states(rig, LUN2)]).toEqual([
      ['8:32 active'],
      ['8:0 active', '8:16 active', '8:48 active'],
    ]);
  });

  test.each<[string, FaultOutcome]>([
    ['fails', { kind: 'errno', errno: 'EIO' }],
    ['hangs', { kind: 'hang' }],
    ['comes too late', { kind: 'late', ms: 100_000 }],
  ])('is not reinstated while the answer %s, and nothing else waits for the answer', async (_, outcome) => {
    const rig = await start();
    await fail(rig, 'sda');
    const end = goWrong(rig, ['inquiry'], outcome);
    mend(rig, 'sda');
    await rig.run(60_000);
    expect(counted(rig, 'reinstate_path 8:0')).toBe(0);
    expect(counted(rig, 'inquire sda')).toBeLessThan(15);
    expect(
      linesOf(rig, 'warning').some((line) => line.includes('the path is not reinstated before the disk answers')),
    ).toBe(true);
    rig.simulator.admin.removeDisk('sdd');
    await rig.run(500);
    expect(states(rig, LUN2)).toEqual(['8:16 active']);
    end();
    rig.simulator.faults.release();
    await rig.run(60_000);
    expect(states(rig, LUN1)).toEqual(['8:0 active', '8:32 active']);
  });

  test('without a page 0x83 is reinstated without a question', async () => {
    const rig = await start();
    await failWithoutPage(rig);
    mend(rig, 'sda');
    await rig.run(10_000);
    expect(rig.asked).toEqual(['reinstate_path 8:0']);
    expect(linesOf(rig, 'notice')).toContain(
      'mpatha: sda answers again (tur checker reports path is up; the disk has no VPD page 0x83 and no serial number, so its LUN cannot be checked): reinstate_path 8:0',
    );
  });

  test('without a page 0x83 is reinstated after sysfs was read later than the good check', async () => {
    const rig = await start();
    await failWithoutPage(rig);
    const end = goWrong(rig, ['block-read'], { kind: 'errno', errno: 'EIO' });
    mend(rig, 'sda');
    await rig.run(10_000);
    expect(rig.asked).toEqual([]);
    end();
    await rig.run(5_000);
    expect(rig.asked).toEqual(['reinstate_path 8:0']);
  });

  test('is failed again after a reinstatement by somebody else, until it has said which LUN it leads to', async () => {
    const rig = await start();
    await fail(rig, 'sda');
    goWrong(rig, ['inquiry'], { kind: 'errno', errno: 'EIO' });
    mend(rig, 'sda');
    await rig.run(6_000);
    rig.asked.length = 0;
    rig.simulator.admin.messageMap('mpatha', 'reinstate_path 8:0');
    await rig.run(1_000);
    expect(rig.asked).toContain('fail_path 8:0');
    expect(states(rig, LUN1)).toEqual(['8:0 failed', '8:32 active']);
  });

  test('and is in no map joins none before it has said which LUN it leads to', async () => {
    const rig = await start();
    const { admin } = rig.simulator;
    // A LUN with one path has no map, so the path has no state in dm.
    const lone = admin.addDisk({ wwid: wwidOf(3), hcil: '0:0:0:3', sizeSectors: 16384 });
    await rig.run(3_000);
    admin.change(lone, { answer: 'down' });
    await rig.run(25_000);
    swap(rig, lone, 1);
    const end = goWrong(rig, ['inquiry'], { kind: 'errno', errno: 'EIO' });
    mend(rig, lone);
    admin.addDisk({ wwid: wwidOf(3), hcil: '1:0:0:3', sizeSectors: 16384 });
    await rig.run(25_000);
    expect(Object.keys(rig.truth().maps)).toHaveLength(2);
    end();
    await rig.run(25_000);
    expect(states(rig, LUN1)).toHaveLength(3);
    expect(Object.keys(rig.truth().maps)).toHaveLength(2);
  });
});

test('a path that is down and in no map is asked, too: a standby port answers, and the path joins its map', async () => {
  let standby = '';
  const down: CheckOutcome = {
    state: 'down',
    message: 'not readable',
    sysfsState: null,
    sizeSectors: null,
    accessState: null,
    preferredPath: false,
    identity: null,
  };
  const rig = await startWithSan(2, 2, {
    ports: (ports: KernelPorts) => ({
      ...ports,
      blocks: {
        ...ports.blocks,
        check: (request) => (request.name === standby ? Promise.resolve(down) : ports.blocks.check(request)),
      },
    }),
  });
  const { admin } = rig.simulator;
  const lone = admin.addDisk({ wwid: wwidOf(3), hcil: '0:0:0:3', sizeSectors: 16384 });
  await rig.run(3_000);
  standby = lone;
  await rig.run(25_000);
  const other = admin.addDisk({ wwid: wwidOf(3), hcil: '1:0:0:3', sizeSectors: 16384 });
  await rig.run(25_000);
  const devt = (name: string): string | undefined => rig.simulator.world.disks.get(name)?.devt;
  expect(states(rig, `mpath-${wwidOf(3)}`)).toEqual([`${devt(lone)} failed`, `${devt(other)} active`]);
});

describe('a rescan by the kernel', () => {
  test('fails: the path is held out with the reason, and the kernel is asked again at the pace of the checks', async () => {
    const rig = await start();
    const end = goWrong(rig, ['rescan'], { kind: 'errno', errno: 'EIO' });
    swap(rig, 'sda', 2, LUNS_CHANGED);
    await rig.run(60_000);
    expect([states(rig, LUN1), states(rig, LUN2)]).toEqual([['8:32 active'], ['8:16 active', '8:48 active']]);
    expect(rig.runtime.tables.pathByName('sda')).toMatchObject({
      map: null,
      reason: { kind: 'other-lun', text: `leads to LUN ${wwidOf(2)}; the kernel has another WWID for the disk` },
    });
    expect(counted(rig, 'rescan sda')).toBeGreaterThan(1);
    expect(counted(rig, 'rescan sda')).toBeLessThan(15);
    expect(linesOf(rig, 'error').filter((line) => line.startsWith('sda: leads to another LUN: '))).toHaveLength(1);
    end();
    await rig.run(25_000);
    expect(states(rig, LUN2)).toContain('8:0 active');
    expect(rig.runtime.tables.pathByName('sda')?.reason).toBeNull();
  });

  test('fails, and the LUN is given back meanwhile: the path comes back into its map', async () => {
    const rig = await start();
    goWrong(rig, ['rescan'], { kind: 'errno', errno: 'EIO' });
    swap(rig, 'sda', 2, LUNS_CHANGED);
    await rig.run(25_000);
    expect(states(rig, LUN1)).toEqual(['8:32 active']);
    swap(rig, 'sda', 1);
    await rig.run(25_000);
    expect(states(rig, LUN1)).toEqual(['8:0 active', '8:32 active']);
    expect(linesOf(rig, 'notice')).toContain(`sda: leads to ${wwidOf(1)} again`);
  });
});

describe('an administrator', () => {
  test('has the disk asked with add path', async () => {
    const rig = await start();
    swap(rig, 'sda', 2);
    await Promise.all([rig.runtime.submit({ kind: 'add-path', path: 'sda' }), rig.run(5_000)]);
    expect([states(rig, LUN1), states(rig, LUN2)]).toEqual([
      ['8:32 active'],
      ['8:0 active', '8:16 active', '8:48 active'],
    ]);
  });

  test('who takes a path out and adds it again gets it into the map of the LUN that it leads to then', async () => {
    const rig = await start();
    await Promise.all([rig.runtime.submit({ kind: 'del-path', path: 'sda' }), rig.run(5_000)]);
    swap(rig, 'sda', 2);
    rig.asked.length = 0;
    await Promise.all([rig.runtime.submit({ kind: 'add-path', path: 'sda' }), rig.run(10_000)]);
    expect([states(rig, LUN1), states(rig, LUN2)]).toEqual([
      ['8:32 active'],
      ['8:0 active', '8:16 active', '8:48 active'],
    ]);
    expect(rig.asked.filter((one) => one === 'reload 1')).toEqual([]);
  });
});

test('a daemon that starts while a question of its predecessor is under way works without the answer', async () => {
  const rig = await start();
  const end = goWrong(rig, ['inquiry'], { kind: 'late', ms: 2_000 }, 1);
  swap(rig, 'sda', 2);
  rig.simulator.admin.attention('sda', LUNS_CHANGED);
  await rig.run(3_000);
  end();
  await rig.restart();
  await rig.run(10_000);
  expect(rig.view()).toEqual(rig.truth());
});

describe('a LUN swapped without any sign', () => {
  test('is found by the next check, and the path joins the map of its LUN', async () => {
    const rig = await start();
    await rig.run(60_000);
    swap(rig, 'sda', 2);
    await rig.run(20_100);
    expect(rig.asked.indexOf('fail_path 8:0')).toBeGreaterThan(-1);
    await rig.run(5_000);
    expect([states(rig, LUN1), states(rig, LUN2)]).toEqual([
      ['8:32 active'],
      ['8:0 active', '8:16 active', '8:48 active'],
    ]);
    expect(rig.view()).toEqual(rig.truth());
  });

  test('the log says for how long writes may have gone to which LUN', async () => {
    const rig = await start();
    await rig.run(60_000);
    swap(rig, 'sda', 2);
    await rig.run(25_000);
    const [line] = linesOf(rig, 'error');
    expect(line).toMatch(/^sda: leads to another LUN: the disk answers as /);
    const span = new RegExp(
      `; writes to mpatha by this path may have gone to LUN ${wwidOf(2)} in the last (20|1?\\d)\\.\\d s \\(since the last check that proved its LUN\\)$`,
    );
    expect(line).toMatch(span);
  });

  test('a disk without page 0x83 is known by its serial number', async () => {
    const rig = await start();
    const disk = rig.simulator.world.disks.get('sda');
    if (disk === undefined) throw new Error('no sda');
    disk.vpd83 = null;
    rig.simulator.admin.trigger('sda', 'change');
    await rig.run(60_000);
    swap(rig, 'sda', 2);
    await rig.run(20_100);
    expect(rig.asked.indexOf('fail_path 8:0')).toBeGreaterThan(-1);
    expect(linesOf(rig, 'error').join()).toContain('leads to another LUN: the disk answers as serial number');
  });

  test('a path of which sysfs says that it is offline asks nothing', async () => {
    const rig = await start();
    rig.simulator.admin.change('sda', { state: 'offline' });
    swap(rig, 'sda', 2);
    await rig.run(60_000);
    expect(linesOf(rig, 'error')).toEqual([]);
    expect(states(rig, LUN1)).toContain('8:0 failed');
  });
});
