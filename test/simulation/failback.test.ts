import { uuidOfWwid } from '../../src/model/identity';
import { configured, createBench, wwidOf, type Bench, type BenchOptions } from './bench';

const LUN1 = uuidOfWwid(wwidOf(1));

/**
 * Two paths of an optimized port group (sda, sdb), two of another (sdc, sdd); there for so long that their access
 * states are known.
 */
async function start(options: BenchOptions, settledMs = 35_000): Promise<Bench> {
  const bench = createBench(options);
  for (const [port, accessState] of [
    'active/optimized',
    'active/optimized',
    'active/non-optimized',
    'active/non-optimized',
  ].entries()) {
    bench.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: `${port}:0:0:1`, sizeSectors: 16384, accessState });
  }
  await bench.run(1_000);
  await bench.runtime.start();
  await bench.run(settledMs);
  return bench;
}

const map = (bench: Bench) => bench.runtime.tables.maps.get(LUN1);
const inUse = (bench: Bench): number | undefined => map(bench)?.status?.nextGroup;
const groups = (bench: Bench) => map(bench)?.table?.groups.map(({ paths }) => paths.map(({ devt }) => devt).join(' '));
const reloads = (bench: Bench): number => bench.logs.filter(({ message }) => message.includes(': reload [')).length;
const switches = (bench: Bench): number => map(bench)?.counters.switchGroup ?? 0;

function answer(bench: Bench, state: 'up' | 'down', ...names: string[]): void {
  for (const name of names) bench.simulator.admin.change(name, { answer: state, io: state === 'down' });
}

/** The best group dies and comes back. */
async function loseAndRegain(bench: Bench): Promise<void> {
  answer(bench, 'down', 'sda', 'sdb');
  await bench.run(3_000);
  expect(inUse(bench)).toBe(2);
  answer(bench, 'up', 'sda', 'sdb');
  await bench.run(7_000);
}

describe('the group in use', () => {
  it('immediate: I/O goes back when the best group does', async () => {
    const bench = await start(configured({ failback: 'immediate' }));
    await loseAndRegain(bench);
    expect(inUse(bench)).toBe(1);
    expect([switches(bench), reloads(bench)]).toEqual([1, 0]);
  });

  it('manual: it stays where it is', async () => {
    const bench = await start(configured({ failback: 'manual' }));
    await loseAndRegain(bench);
    await bench.run(60_000);
    expect([inUse(bench), switches(bench), reloads(bench)]).toEqual([2, 0, 0]);
  });

  it('seconds: I/O goes back after them, counted from the last path that came back', async () => {
    const bench = await start(configured({ failback: 30 }));
    await loseAndRegain(bench);
    const { dueAt } = map(bench)?.failback ?? {};
    expect(dueAt).not.toBeNull();
    await bench.run(20_000);
    expect(inUse(bench)).toBe(2);
    answer(bench, 'down', 'sdb');
    await bench.run(6_000);
    answer(bench, 'up', 'sdb');
    await bench.run(20_000);
    expect(inUse(bench)).toBe(2);
    await bench.run(30_000);
    expect([inUse(bench), switches(bench)]).toEqual([1, 1]);
  });

  it('seconds: given up if the best group dies again', async () => {
    const bench = await start(configured({ failback: 10 }));
    await loseAndRegain(bench);
    answer(bench, 'down', 'sda', 'sdb');
    await bench.run(60_000);
    expect([inUse(bench), switches(bench)]).toEqual([2, 0]);
    expect(map(bench)?.failback.dueAt).toBeNull();
  });

  it('followover: I/O goes back with the first path of the best group', async () => {
    const bench = await start(configured({ failback: 'followover' }));
    await loseAndRegain(bench);
    expect([inUse(bench), switches(bench)]).toEqual([1, 1]);
  });

  it('followover: not because it was switched by hand', async () => {
    const bench = await start(configured({ failback: 'followover' }));
    bench.simulator.admin.messageMap('mpatha', 'switch_group 2');
    await bench.run(60_000);
    expect(inUse(bench)).toBe(2);
    // Another path of the best group is no reason either.
    answer(bench, 'down', 'sda');
    await bench.run(10_000);
    answer(bench, 'up', 'sda');
    await bench.run(30_000);
    expect([inUse(bench), switches(bench)]).toEqual([2, 0]);
  });

  it('immediate: a group that is switched to by hand does not stay', async () => {
    const bench = await start(configured({ failback: 'immediate' }));
    bench.simulator.admin.messageMap('mpatha', 'switch_group 2');
    await bench.run(25_000);
    expect(inUse(bench)).toBe(1);
  });

  it('a start switches to the best group once its paths are checked, whatever failback says', async () => {
    const bench = await start(configured({ failback: 'manual' }));
    await bench.restart(() => bench.simulator.admin.messageMap('mpatha', 'switch_group 2'));
    await bench.run(5_000);
    expect([inUse(bench), reloads(bench)]).toEqual([1, 0]);
  });

  it('a switch that the kernel does not follow is asked for at the pace of checks, no faster', async () => {
    const bench = await start(configured({ failback: 'immediate' }));
    bench.simulator.faults.add({
      operations: ['message'],
      devices: null,
      outcome: { kind: 'errno', errno: 'EINVAL' },
      times: 1_000_000,
      probability: 1,
    });
    bench.simulator.admin.messageMap('mpatha', 'switch_group 2');
    const before = switches(bench);
    await bench.run(60_000);
    expect(switches(bench) - before).toBeLessThanOrEqual(13);
    expect(switches(bench) - before).toBeGreaterThan(2);
  });
});

describe('groups whose priorities change', () => {
  const exchange = async (bench: Bench): Promise<void> => {
    const { admin } = bench.simulator;
    for (const name of ['sda', 'sdb']) admin.change(name, { accessState: 'active/non-optimized' });
    for (const name of ['sdc', 'sdd']) admin.change(name, { accessState: 'active/optimized' });
    await bench.run(25_000);
  };

  it('immediate: the better ones come first, and are used', async () => {
    const bench = await start(configured({ failback: 'immediate' }));
    await exchange(bench);
    expect(groups(bench)).toEqual(['8:32 8:48', '8:0 8:16']);
    expect([inUse(bench), reloads(bench)]).toEqual([1, 1]);
  });

  it('manual: all stays as it is', async () => {
    const bench = await start(configured({ failback: 'manual' }));
    await exchange(bench);
    await bench.run(60_000);
    expect(groups(bench)).toEqual(['8:0 8:16', '8:32 8:48']);
    expect([inUse(bench), reloads(bench), switches(bench)]).toEqual([1, 0, 0]);
  });

  it('manual: paths that no longer belong together are put apart by a reconfigure', async () => {
    const bench = await start(configured({ failback: 'manual' }));
    bench.simulator.admin.change('sdb', { accessState: 'standby' });
    await bench.run(25_000);
    expect(groups(bench)).toEqual(['8:0 8:16', '8:32 8:48']);
    void bench.runtime.submit({ kind: 'reconfigure' });
    await bench.run(5_000);
    expect(groups(bench)).toEqual(['8:0', '8:32 8:48', '8:16']);
  });

  it.each([
    { how: 'a check', seen: false },
    { how: 'a reading', seen: true },
  ])(
    'manual: what $how shows of a new disk is no change: sysfs says active/optimized until the array has answered',
    async ({ seen }) => {
      const bench = await start(configured({ failback: 'manual' }), 1_000);
      bench.simulator.admin.change('sdb', { accessState: 'standby' });
      if (seen) bench.simulator.admin.trigger('sdb', 'change');
      await bench.run(25_000);
      expect(groups(bench)).toEqual(['8:0', '8:32 8:48', '8:16']);
      expect(reloads(bench)).toBe(1);
    },
  );

  it('seconds: paths that no longer belong together are put apart after them', async () => {
    const bench = await start(configured({ failback: 60 }));
    bench.simulator.admin.change('sdb', { accessState: 'standby' });
    bench.simulator.admin.trigger('sdb', 'change');
    await bench.run(30_000);
    expect(groups(bench)).toEqual(['8:0 8:16', '8:32 8:48']);
    await bench.run(40_000);
    expect(groups(bench)).toEqual(['8:0', '8:32 8:48', '8:16']);
  });
});
