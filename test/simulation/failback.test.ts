import { uuidOfWwid } from '../../src/model/identity';
import { configured, createRig, wwidOf, type Rig, type RigOptions } from './rig';

const LUN1 = uuidOfWwid(wwidOf(1));

/**
 * Two paths of an optimized port group (sda, sdb) and two of another group (sdc, sdd). They exist for so long that
 * their access states are known.
 */
async function start(options: RigOptions, settledMs = 35_000): Promise<Rig> {
  const rig = createRig(options);
  for (const [port, accessState] of [
    'active/optimized',
    'active/optimized',
    'active/non-optimized',
    'active/non-optimized',
  ].entries()) {
    rig.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: `${port}:0:0:1`, sizeSectors: 16384, accessState });
  }
  await rig.run(1_000);
  await rig.runtime.start();
  await rig.run(settledMs);
  return rig;
}

const map = (rig: Rig) => rig.runtime.tables.maps.get(LUN1);
const inUse = (rig: Rig): number | undefined => map(rig)?.status?.nextGroup;
const groups = (rig: Rig) => map(rig)?.table?.groups.map(({ paths }) => paths.map(({ devt }) => devt).join(' '));
const reloads = (rig: Rig): number => rig.logs.filter(({ message }) => message.includes(': reload [')).length;
const switches = (rig: Rig): number => map(rig)?.counters.switchGroup ?? 0;

function answer(rig: Rig, state: 'up' | 'down', ...names: string[]): void {
  for (const name of names) rig.simulator.admin.change(name, { answer: state, io: state === 'down' });
}

/** The best group dies and comes back. */
async function loseAndRegain(rig: Rig): Promise<void> {
  answer(rig, 'down', 'sda', 'sdb');
  await rig.run(3_000);
  expect(inUse(rig)).toBe(2);
  answer(rig, 'up', 'sda', 'sdb');
  await rig.run(7_000);
}

describe('the group in use', () => {
  it('immediate: I/O goes back as soon as the best group works', async () => {
    const rig = await start(configured({ failback: 'immediate' }));
    await loseAndRegain(rig);
    expect(inUse(rig)).toBe(1);
    expect([switches(rig), reloads(rig)]).toEqual([1, 0]);
  });

  it('manual: I/O stays where it is', async () => {
    const rig = await start(configured({ failback: 'manual' }));
    await loseAndRegain(rig);
    await rig.run(60_000);
    expect([inUse(rig), switches(rig), reloads(rig)]).toEqual([2, 0, 0]);
  });

  it('seconds: I/O goes back after this time, counted from the last path that came back', async () => {
    const rig = await start(configured({ failback: 30 }));
    await loseAndRegain(rig);
    const { dueAt } = map(rig)?.failback ?? {};
    expect(dueAt).not.toBeNull();
    await rig.run(20_000);
    expect(inUse(rig)).toBe(2);
    answer(rig, 'down', 'sdb');
    await rig.run(6_000);
    answer(rig, 'up', 'sdb');
    await rig.run(20_000);
    expect(inUse(rig)).toBe(2);
    await rig.run(30_000);
    expect([inUse(rig), switches(rig)]).toEqual([1, 1]);
  });

  it('seconds: a deferred failback is given up if the best group dies again', async () => {
    const rig = await start(configured({ failback: 10 }));
    await loseAndRegain(rig);
    answer(rig, 'down', 'sda', 'sdb');
    await rig.run(60_000);
    expect([inUse(rig), switches(rig)]).toEqual([2, 0]);
    expect(map(rig)?.failback.dueAt).toBeNull();
  });

  it('followover: I/O goes back with the first path of the best group', async () => {
    const rig = await start(configured({ failback: 'followover' }));
    await loseAndRegain(rig);
    expect([inUse(rig), switches(rig)]).toEqual([1, 1]);
  });

  it('followover: I/O does not go back after a switch by hand', async () => {
    const rig = await start(configured({ failback: 'followover' }));
    rig.simulator.admin.messageMap('mpatha', 'switch_group 2');
    await rig.run(60_000);
    expect(inUse(rig)).toBe(2);
    // Another path of the best group leads to no failback, either.
    answer(rig, 'down', 'sda');
    await rig.run(10_000);
    answer(rig, 'up', 'sda');
    await rig.run(30_000);
    expect([inUse(rig), switches(rig)]).toEqual([2, 0]);
  });

  it('immediate: a switch by hand to another group does not last', async () => {
    const rig = await start(configured({ failback: 'immediate' }));
    rig.simulator.admin.messageMap('mpatha', 'switch_group 2');
    await rig.run(25_000);
    expect(inUse(rig)).toBe(1);
  });

  it('a start switches to the best group after its paths were checked, whatever failback is', async () => {
    const rig = await start(configured({ failback: 'manual' }));
    await rig.restart(() => rig.simulator.admin.messageMap('mpatha', 'switch_group 2'));
    await rig.run(5_000);
    expect([inUse(rig), reloads(rig)]).toEqual([1, 0]);
  });

  it('a switch that the kernel does not follow is ordered again at the pace of the checks, and not faster', async () => {
    const rig = await start(configured({ failback: 'immediate' }));
    rig.simulator.faults.add({
      operations: ['message'],
      devices: null,
      outcome: { kind: 'errno', errno: 'EINVAL' },
      times: 1_000_000,
      probability: 1,
    });
    rig.simulator.admin.messageMap('mpatha', 'switch_group 2');
    const before = switches(rig);
    await rig.run(60_000);
    expect(switches(rig) - before).toBeLessThanOrEqual(13);
    expect(switches(rig) - before).toBeGreaterThan(2);
  });
});

describe('groups whose priorities change', () => {
  const exchange = async (rig: Rig): Promise<void> => {
    const { admin } = rig.simulator;
    for (const name of ['sda', 'sdb']) admin.change(name, { accessState: 'active/non-optimized' });
    for (const name of ['sdc', 'sdd']) admin.change(name, { accessState: 'active/optimized' });
    await rig.run(25_000);
  };

  it('immediate: the better groups come first, and are used', async () => {
    const rig = await start(configured({ failback: 'immediate' }));
    await exchange(rig);
    expect(groups(rig)).toEqual(['8:32 8:48', '8:0 8:16']);
    expect([inUse(rig), reloads(rig)]).toEqual([1, 1]);
  });

  it('manual: everything stays as it is', async () => {
    const rig = await start(configured({ failback: 'manual' }));
    await exchange(rig);
    await rig.run(60_000);
    expect(groups(rig)).toEqual(['8:0 8:16', '8:32 8:48']);
    expect([inUse(rig), reloads(rig), switches(rig)]).toEqual([1, 0, 0]);
  });

  it('manual: a reconfigure separates paths that no longer belong together', async () => {
    const rig = await start(configured({ failback: 'manual' }));
    rig.simulator.admin.change('sdb', { accessState: 'standby' });
    await rig.run(25_000);
    expect(groups(rig)).toEqual(['8:0 8:16', '8:32 8:48']);
    void rig.runtime.submit({ kind: 'reconfigure' });
    await rig.run(5_000);
    expect(groups(rig)).toEqual(['8:0', '8:32 8:48', '8:16']);
  });

  it.each([
    { how: 'a check', seen: false },
    { how: 'a reading', seen: true },
  ])(
    'manual: the state of a new disk that $how shows is no change: sysfs shows active/optimized until the array has answered',
    async ({ seen }) => {
      const rig = await start(configured({ failback: 'manual' }), 1_000);
      rig.simulator.admin.change('sdb', { accessState: 'standby' });
      if (seen) rig.simulator.admin.trigger('sdb', 'change');
      await rig.run(25_000);
      expect(groups(rig)).toEqual(['8:0', '8:32 8:48', '8:16']);
      expect(reloads(rig)).toBe(1);
    },
  );

  it('seconds: paths that no longer belong together are separated after this time', async () => {
    const rig = await start(configured({ failback: 60 }));
    rig.simulator.admin.change('sdb', { accessState: 'standby' });
    rig.simulator.admin.trigger('sdb', 'change');
    await rig.run(30_000);
    expect(groups(rig)).toEqual(['8:0 8:16', '8:32 8:48']);
    await rig.run(40_000);
    expect(groups(rig)).toEqual(['8:0', '8:32 8:48', '8:16']);
  });
});
