/* LUNs swapped behind live paths: sysfs goes on telling of the LUN before. */
import type { KernelPorts } from '../../../src/kernel/ports';
import type { CheckOutcome } from '../../../src/model/facts';
import type { FaultOutcome, Operation } from '../../../src/simulator/faults';
import { startWithSan, wwidOf, type Bench } from '../../simulation/bench';

const LUN1 = `mpath-${wwidOf(1)}`;
const LUN2 = `mpath-${wwidOf(2)}`;
const LUNS_CHANGED = 'REPORTED_LUNS_DATA_HAS_CHANGED';

interface Scene extends Bench {
  /** What was asked of disks and written to maps, in order. */
  asked: string[];
}

/** Two LUNs through two ports: sda and sdb are LUN 1 and 2 through the first, sdc and sdd through the second. */
async function start(): Promise<Scene> {
  const asked: string[] = [];
  const bench = await startWithSan(2, 2, {
    ports: (ports: KernelPorts) => ({
      ...ports,
      blocks: {
        ...ports.blocks,
        inquire: (request) => (asked.push(`inquire ${request.name}`), ports.blocks.inquire(request)),
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
  return Object.assign(bench, { asked });
}

const swap = (bench: Bench, name: string, lun: number, attention: string | null = null): void =>
  bench.simulator.admin.swapLun(name, { wwid: wwidOf(lun), sizeSectors: 16384, attention });

const goWrong = (
  bench: Bench,
  operations: Operation[],
  outcome: FaultOutcome,
  times: number | null = null,
): (() => void) => bench.simulator.faults.add({ operations, devices: null, outcome, times, probability: 1 });

const states = (bench: Bench, uuid: string): string[] => bench.truth().maps[uuid]?.paths ?? [];
const linesOf = (bench: Bench, level: string): string[] =>
  bench.logs.filter((line) => line.level === level).map(({ device, message }) => `${device}: ${message}`);
const counted = (bench: Scene, what: string): number => bench.asked.filter((one) => one === what).length;

async function fail(bench: Bench, name: string): Promise<void> {
  bench.simulator.admin.change(name, { answer: 'down', io: true });
  await bench.run(1_000);
}

/** sda shows no page 0x83, and is down. */
async function failWithoutPage(bench: Scene): Promise<void> {
  const disk = bench.simulator.world.disks.get('sda');
  if (disk === undefined) throw new Error('no sda');
  disk.vpd83 = null;
  bench.simulator.admin.trigger('sda', 'change');
  await fail(bench, 'sda');
}

const mend = (bench: Bench, name: string): void => bench.simulator.admin.change(name, { answer: 'up' });

test('while nothing happens nobody is asked', async () => {
  const bench = await start();
  await bench.run(120_000);
  expect(bench.asked).toEqual([]);
});

describe('a LUN swapped behind an active path', () => {
  test.each([LUNS_CHANGED, 'INQUIRY_DATA_HAS_CHANGED', 'CAPACITY_DATA_HAS_CHANGED'])(
    '%s: it is found out, and the path is in the map of its LUN',
    async (attention) => {
      const bench = await start();
      swap(bench, 'sda', 2, attention);
      await bench.run(25_000);
      expect([states(bench, LUN1), states(bench, LUN2)]).toEqual([
        ['8:32 active'],
        ['8:0 active', '8:16 active', '8:48 active'],
      ]);
      expect(bench.view()).toEqual(bench.truth());
    },
  );

  test('I/O to it is stopped before anything else is done, and the log says what, who and what next', async () => {
    const bench = await start();
    swap(bench, 'sda', 2, LUNS_CHANGED);
    await bench.run(25_000);
    const [inquiry, stop, out] = ['inquire sda', 'fail_path 8:0', 'reload 1'].map((one) => bench.asked.indexOf(one));
    expect([inquiry, stop, out].every((at) => at !== -1 && at !== undefined)).toBe(true);
    expect(inquiry).toBeLessThan(stop as number);
    expect(stop).toBeLessThan(out as number);
    // The unit attention comes twice: the kernel's, and as udevd passes it on.
    expect(counted(bench, 'rescan sda')).toBeGreaterThan(0);
    expect(counted(bench, 'rescan sda')).toBeLessThan(3);
    expect(linesOf(bench, 'error')).toContain(
      `sda: leads to another LUN: it answers as ${wwidOf(2)}, the kernel takes it for ${wwidOf(1)}: it is failed in mpatha and taken out; the kernel is asked to look at it again`,
    );
    // udev's record is of the right LUN again.
    expect(bench.simulator.world.udevDatabase.get('8:0')?.properties['ID_SERIAL']).toBe(wwidOf(2));
  });

  test('told by another LUN of the same target: all of that target are asked, and no other', async () => {
    const bench = await start();
    const { admin } = bench.simulator;
    const other = admin.addDisk({ wwid: wwidOf(3), hcil: '0:0:0:9', sizeSectors: 16384 });
    await bench.run(2_000);
    swap(bench, 'sda', 2);
    bench.asked.length = 0;
    admin.attention(other, LUNS_CHANGED);
    await bench.run(2_000);
    expect(states(bench, LUN2)).toContain('8:0 active');
    expect(new Set(bench.asked.filter((one) => one.startsWith('inquire')))).toEqual(
      new Set(['inquire sda', 'inquire sdb', `inquire ${other}`]),
    );
  });

  test('without any sign is not known of', async () => {
    const bench = await start();
    swap(bench, 'sda', 2);
    await bench.run(120_000);
    expect([bench.asked, states(bench, LUN1)]).toEqual([[], ['8:0 active', '8:32 active']]);
  });

  test('a unit attention of no consequence asks nobody', async () => {
    const bench = await start();
    bench.simulator.admin.attention('sda', 'POWER_ON_RESET_OCCURRED');
    await bench.run(5_000);
    expect(bench.asked).toEqual([]);
  });

  test('after a unit attention with the same LUN behind it all stays as it is, after a question by each of the two sockets', async () => {
    const bench = await start();
    bench.simulator.admin.attention('sda', 'CAPACITY_DATA_HAS_CHANGED');
    await bench.run(30_000);
    expect(bench.asked).toEqual(['inquire sda', 'inquire sda']);
  });

  test('a question without an answer is no evidence: the path stays, and is asked after each check', async () => {
    const bench = await start();
    const end = goWrong(bench, ['inquiry'], { kind: 'errno', errno: 'ENOMEM' });
    swap(bench, 'sda', 2);
    bench.simulator.admin.attention('sda', LUNS_CHANGED);
    await bench.run(60_000);
    expect(states(bench, LUN1)).toEqual(['8:0 active', '8:32 active']);
    expect(counted(bench, 'inquire sda')).toBeGreaterThan(2);
    expect(counted(bench, 'inquire sda')).toBeLessThan(15);
    expect(
      linesOf(bench, 'warning').filter((line) =>
        line.startsWith('sda: does not say which LUN it leads to (INQUIRY sda: ENOMEM): it stays as it is'),
      ),
    ).toHaveLength(1);
    end();
    await bench.run(25_000);
    expect(states(bench, LUN2)).toContain('8:0 active');
  });
});

describe('a path that was down', () => {
  test('is reinstated when it says that it leads to the LUN still', async () => {
    const bench = await start();
    await fail(bench, 'sda');
    bench.asked.length = 0;
    mend(bench, 'sda');
    await bench.run(10_000);
    expect(bench.asked).toEqual(['inquire sda', 'reinstate_path 8:0']);
    expect(states(bench, LUN1)).toEqual(['8:0 active', '8:32 active']);
  });

  test('and leads to another LUN when it is back is never reinstated, and joins the right map', async () => {
    const bench = await start();
    await fail(bench, 'sda');
    swap(bench, 'sda', 2);
    mend(bench, 'sda');
    await bench.run(10_000);
    expect(counted(bench, 'reinstate_path 8:0')).toBe(0);
    expect([states(bench, LUN1), states(bench, LUN2)]).toEqual([
      ['8:32 active'],
      ['8:0 active', '8:16 active', '8:48 active'],
    ]);
  });

  test.each<[string, FaultOutcome]>([
    ['fails', { kind: 'errno', errno: 'EIO' }],
    ['hangs', { kind: 'hang' }],
    ['comes too late', { kind: 'late', ms: 100_000 }],
  ])('is not reinstated while the answer %s, and nothing else waits for it', async (_, outcome) => {
    const bench = await start();
    await fail(bench, 'sda');
    const end = goWrong(bench, ['inquiry'], outcome);
    mend(bench, 'sda');
    await bench.run(60_000);
    expect(counted(bench, 'reinstate_path 8:0')).toBe(0);
    expect(counted(bench, 'inquire sda')).toBeLessThan(15);
    expect(linesOf(bench, 'warning').some((line) => line.includes('it is not reinstated before it does'))).toBe(true);
    bench.simulator.admin.removeDisk('sdd');
    await bench.run(500);
    expect(states(bench, LUN2)).toEqual(['8:16 active']);
    end();
    bench.simulator.faults.release();
    await bench.run(60_000);
    expect(states(bench, LUN1)).toEqual(['8:0 active', '8:32 active']);
  });

  test('without a page 0x83 is reinstated as it is', async () => {
    const bench = await start();
    await failWithoutPage(bench);
    mend(bench, 'sda');
    await bench.run(10_000);
    expect(bench.asked).toEqual(['reinstate_path 8:0']);
    expect(linesOf(bench, 'notice')).toContain(
      'mpatha: sda answers again (tur checker reports path is up; it has no page 0x83 to tell which LUN it leads to): reinstate_path 8:0',
    );
  });

  test('without a page 0x83 is reinstated once sysfs was read after it answered again', async () => {
    const bench = await start();
    await failWithoutPage(bench);
    const end = goWrong(bench, ['block-read'], { kind: 'errno', errno: 'EIO' });
    mend(bench, 'sda');
    await bench.run(10_000);
    expect(bench.asked).toEqual([]);
    end();
    await bench.run(5_000);
    expect(bench.asked).toEqual(['reinstate_path 8:0']);
  });

  test('that somebody else reinstates, or a table of somebody else, is failed again until it has said who it is', async () => {
    const bench = await start();
    await fail(bench, 'sda');
    goWrong(bench, ['inquiry'], { kind: 'errno', errno: 'EIO' });
    mend(bench, 'sda');
    await bench.run(6_000);
    bench.asked.length = 0;
    bench.simulator.admin.messageMap('mpatha', 'reinstate_path 8:0');
    await bench.run(1_000);
    expect(bench.asked).toContain('fail_path 8:0');
    expect(states(bench, LUN1)).toEqual(['8:0 failed', '8:32 active']);
  });

  test('in no map joins none before it has said who it is', async () => {
    const bench = await start();
    const { admin } = bench.simulator;
    // One path of a LUN: no map, and no state in dm.
    const lone = admin.addDisk({ wwid: wwidOf(3), hcil: '0:0:0:3', sizeSectors: 16384 });
    await bench.run(3_000);
    admin.change(lone, { answer: 'down' });
    await bench.run(25_000);
    swap(bench, lone, 1);
    const end = goWrong(bench, ['inquiry'], { kind: 'errno', errno: 'EIO' });
    mend(bench, lone);
    admin.addDisk({ wwid: wwidOf(3), hcil: '1:0:0:3', sizeSectors: 16384 });
    await bench.run(25_000);
    expect(Object.keys(bench.truth().maps)).toHaveLength(2);
    end();
    await bench.run(25_000);
    expect(states(bench, LUN1)).toHaveLength(3);
    expect(Object.keys(bench.truth().maps)).toHaveLength(2);
  });
});

test('a path that is down and in no map is asked too: a standby port says who it is, and belongs in its map', async () => {
  let standby = '';
  const down: CheckOutcome = {
    state: 'down',
    message: 'not readable',
    sysfsState: null,
    sizeSectors: null,
    accessState: null,
    preferredPath: false,
  };
  const bench = await startWithSan(2, 2, {
    ports: (ports: KernelPorts) => ({
      ...ports,
      blocks: {
        ...ports.blocks,
        check: (request) => (request.name === standby ? Promise.resolve(down) : ports.blocks.check(request)),
      },
    }),
  });
  const { admin } = bench.simulator;
  const lone = admin.addDisk({ wwid: wwidOf(3), hcil: '0:0:0:3', sizeSectors: 16384 });
  await bench.run(3_000);
  standby = lone;
  await bench.run(25_000);
  const other = admin.addDisk({ wwid: wwidOf(3), hcil: '1:0:0:3', sizeSectors: 16384 });
  await bench.run(25_000);
  const devt = (name: string): string | undefined => bench.simulator.world.disks.get(name)?.devt;
  expect(states(bench, `mpath-${wwidOf(3)}`)).toEqual([`${devt(lone)} failed`, `${devt(other)} active`]);
});

describe('the kernel is asked to look', () => {
  test('and cannot: the path is held out, shown with the reason, and asked at the pace of its checks', async () => {
    const bench = await start();
    const end = goWrong(bench, ['rescan'], { kind: 'errno', errno: 'EIO' });
    swap(bench, 'sda', 2, LUNS_CHANGED);
    await bench.run(60_000);
    expect([states(bench, LUN1), states(bench, LUN2)]).toEqual([['8:32 active'], ['8:16 active', '8:48 active']]);
    expect(bench.runtime.tables.pathByName('sda')).toMatchObject({
      map: null,
      reason: `leads to another LUN, ${wwidOf(2)}, than the kernel takes it for`,
    });
    expect(counted(bench, 'rescan sda')).toBeGreaterThan(1);
    expect(counted(bench, 'rescan sda')).toBeLessThan(15);
    expect(linesOf(bench, 'error').filter((line) => line.startsWith('sda: leads to another LUN: '))).toHaveLength(1);
    end();
    await bench.run(25_000);
    expect(states(bench, LUN2)).toContain('8:0 active');
    expect(bench.runtime.tables.pathByName('sda')?.reason).toBeNull();
  });

  test('and the LUN is given back meanwhile: the path comes back into its map', async () => {
    const bench = await start();
    goWrong(bench, ['rescan'], { kind: 'errno', errno: 'EIO' });
    swap(bench, 'sda', 2, LUNS_CHANGED);
    await bench.run(25_000);
    expect(states(bench, LUN1)).toEqual(['8:32 active']);
    swap(bench, 'sda', 1);
    await bench.run(25_000);
    expect(states(bench, LUN1)).toEqual(['8:0 active', '8:32 active']);
    expect(linesOf(bench, 'notice')).toContain(`sda: leads to ${wwidOf(1)} again`);
  });
});

describe('an administrator', () => {
  test('has the disk asked by add path', async () => {
    const bench = await start();
    swap(bench, 'sda', 2);
    await Promise.all([bench.runtime.submit({ kind: 'add-path', path: 'sda' }), bench.run(5_000)]);
    expect([states(bench, LUN1), states(bench, LUN2)]).toEqual([
      ['8:32 active'],
      ['8:0 active', '8:16 active', '8:48 active'],
    ]);
  });

  test('who takes a path out and back again gets it into the map of the LUN that it leads to then', async () => {
    const bench = await start();
    await Promise.all([bench.runtime.submit({ kind: 'del-path', path: 'sda' }), bench.run(5_000)]);
    swap(bench, 'sda', 2);
    bench.asked.length = 0;
    await Promise.all([bench.runtime.submit({ kind: 'add-path', path: 'sda' }), bench.run(10_000)]);
    expect([states(bench, LUN1), states(bench, LUN2)]).toEqual([
      ['8:32 active'],
      ['8:0 active', '8:16 active', '8:48 active'],
    ]);
    expect(bench.asked.filter((one) => one === 'reload 1')).toEqual([]);
  });
});

test('a daemon that is started while a question of the last one is out does without the answer', async () => {
  const bench = await start();
  const end = goWrong(bench, ['inquiry'], { kind: 'late', ms: 2_000 }, 1);
  swap(bench, 'sda', 2);
  bench.simulator.admin.attention('sda', LUNS_CHANGED);
  await bench.run(3_000);
  end();
  await bench.restart();
  await bench.run(10_000);
  expect(bench.view()).toEqual(bench.truth());
});
