import { uuidOfWwid } from '../../src/model/identity';
import { addSan, configured, startWithSan, wwidOf, type Bench } from './bench';

const LUN1 = uuidOfWwid(wwidOf(1));
const LUN2 = uuidOfWwid(wwidOf(2));

const writes = (bench: Bench): string[] =>
  bench.logs
    .map((entry) => entry.message)
    .filter((message) => /: (reload|rename|remove|create|reinstate|fail_path)/.test(message));

describe('maps changed by someone else', () => {
  it('removed: followed, and not made again behind his back', async () => {
    const bench = await startWithSan(2, 2);
    bench.simulator.admin.removeMap('mpatha');
    await bench.run(5_000);
    expect(Object.keys(bench.view().maps)).toEqual([LUN2]);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('removed with the uevent lost: noticed by the next dm event, on two proofs', async () => {
    const bench = await startWithSan(2, 2);
    bench.simulator.faults.loseUevents = 1;
    bench.simulator.admin.removeMap('mpatha');
    bench.simulator.faults.loseUevents = 0;
    await bench.run(1_000);
    bench.simulator.admin.messageMap('mpathb', 'fail_path 8:16');
    await bench.run(1_000);
    expect(bench.runtime.tables.maps.has(LUN1)).toBe(false);
    expect(
      bench.logs.some((entry) => /missing from a complete listing, and a look-up by UUID/.test(entry.message)),
    ).toBe(true);
  });

  it('renamed: the new name stands', async () => {
    const bench = await startWithSan(1, 2);
    bench.simulator.admin.renameMap('mpatha', 'data');
    await bench.run(2_000);
    expect(bench.view().maps[LUN1]?.name).toBe('data');
    expect(bench.view()).toEqual(bench.truth());
  });

  it('renamed with the uevent lost: seen by the event poll or the next listing', async () => {
    const bench = await startWithSan(2, 2);
    bench.simulator.faults.loseUevents = 1;
    bench.simulator.admin.renameMap('mpatha', 'data');
    bench.simulator.faults.loseUevents = 0;
    bench.simulator.admin.messageMap('mpathb', 'fail_path 8:16');
    await bench.run(1_000);
    expect(bench.view().maps[LUN1]?.name).toBe('data');
  });

  it('reloaded with a path less: followed, the path is held out', async () => {
    const bench = await startWithSan(1, 3);
    bench.simulator.admin.reloadMap('mpatha', {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 1 alua 1 1 service-time 0 2 1 8:0 1 8:16 1',
    });
    await bench.run(5_000);
    expect(bench.truth().maps[LUN1]?.paths).toHaveLength(2);
    expect(bench.view()).toEqual(bench.truth());
    expect(bench.runtime.tables.pathByName('sdc')?.reason).toMatch(/left out of mpatha by someone else's reload/);
    void bench.runtime.submit({ kind: 'add-path', path: 'sdc' });
    await bench.run(2_000);
    expect(bench.truth().maps[LUN1]?.paths).toHaveLength(3);
  });

  it.each([
    [
      'removed, and asked for again',
      (bench: Bench) => bench.simulator.admin.removeMap('mpatha'),
      { kind: 'add-map', map: wwidOf(1) } as const,
    ],
    [
      'removed and made again with one path',
      (bench: Bench) => {
        bench.simulator.admin.removeMap('mpatha');
        bench.simulator.admin.createMap('mpatha', LUN1, {
          type: 'multipath',
          sizeSectors: 16384,
          readOnly: false,
          params: '0 1 alua 1 1 service-time 0 1 1 8:0 1',
        });
      },
      null,
    ],
  ])(
    'reloaded with a path less, then %s: it gets all of its paths, and its groups follow their states',
    async (_, act, command) => {
      const bench = await startWithSan(1, 3, configured({ failback: 'immediate' }));
      bench.simulator.admin.reloadMap('mpatha', {
        type: 'multipath',
        sizeSectors: 16384,
        readOnly: false,
        params: '0 1 alua 1 1 service-time 0 2 1 8:0 1 8:16 1',
      });
      await bench.run(5_000);
      expect(bench.view().maps[LUN1]?.paths).toHaveLength(2);
      act(bench);
      await bench.run(5_000);
      if (command !== null) void bench.runtime.submit(command);
      await bench.run(5_000);
      expect(bench.view().maps[LUN1]?.paths).toHaveLength(3);
      bench.simulator.admin.change('sda', { accessState: 'active/non-optimized' });
      bench.simulator.admin.trigger('sda', 'change');
      await bench.run(5_000);
      expect(
        bench.runtime.tables.maps.get(LUN1)?.table?.groups.map(({ paths }) => paths.map(({ devt }) => devt).toSorted()),
      ).toEqual([['8:16', '8:32'], ['8:0']]);
      expect(bench.view()).toEqual(bench.truth());
    },
  );

  it('created: adopted', async () => {
    const bench = await startWithSan(1, 1);
    bench.simulator.admin.createMap('mine', LUN1, {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 1 alua 1 1 service-time 0 1 1 8:0 1',
    });
    await bench.run(2_000);
    expect(bench.view()).toEqual(bench.truth());
    expect(bench.view().maps[LUN1]?.name).toBe('mine');
  });
});

it('a map made by someone else while ours could not be made is looked after at once', async () => {
  const bench = await startWithSan(0, 0);
  bench.simulator.faults.add({
    operations: ['create'],
    devices: null,
    outcome: { kind: 'errno', errno: 'EBUSY' },
    times: null,
    probability: 1,
  });
  addSan(bench, 1, 2);
  // By then the next try is most of a minute away.
  await bench.run(90_000);
  bench.simulator.admin.createMap('theirs', LUN1, {
    type: 'multipath',
    sizeSectors: 16384,
    readOnly: false,
    params: '0 1 alua 1 1 service-time 0 2 1 8:0 1 8:16 1',
  });
  await bench.run(1_000);
  bench.simulator.admin.messageMap('theirs', 'fail_path 8:0');
  await bench.run(1_000);
  expect(bench.view().maps[LUN1]?.paths).toEqual(['8:0 active', '8:16 active']);
  expect(bench.view()).toEqual(bench.truth());
});

describe('a map that was seen in the making, and whose table the kernel refused', () => {
  const LONG = {
    operations: ['create' as const],
    devices: null,
    outcome: { kind: 'halfway' as const, ms: 10_000 },
    times: 1,
    probability: 1,
  };

  it('ours: is tried again, and made once the disk is free', async () => {
    const bench = await startWithSan(0, 0);
    bench.simulator.faults.add(LONG);
    addSan(bench, 1, 2);
    bench.simulator.admin.claim('sda', true);
    await bench.run(5_000);
    expect(bench.runtime.tables.maps.get(LUN1)?.facts.hasLiveTable).toBe(false);
    await bench.run(10_000);
    expect(bench.runtime.tables.maps.has(LUN1)).toBe(false);
    bench.simulator.admin.claim('sda', false);
    await bench.run(61_000);
    expect(bench.view().maps[LUN1]?.paths).toHaveLength(2);
    expect(bench.view()).toEqual(bench.truth());
  });

  it("somebody else's: ours is made in its place", async () => {
    const bench = await startWithSan(0, 0);
    bench.simulator.admin.createEmptyMap('theirs', LUN1);
    addSan(bench, 1, 2);
    await bench.run(1_000);
    expect(bench.view().maps[LUN1]?.name).toBe('theirs');
    bench.simulator.admin.removeMap('theirs');
    await bench.run(5_000);
    expect(bench.view().maps[LUN1]?.paths).toHaveLength(2);
  });
});

describe('made by someone else with every uevent lost', () => {
  it('its table, loaded after the map was seen without one, is read without waiting for a resync', async () => {
    const bench = await startWithSan(2, 1);
    bench.simulator.faults.loseUevents = 1;
    bench.simulator.admin.createEmptyMap('mine', LUN1);
    await bench.run(200);
    expect(bench.runtime.tables.maps.get(LUN1)?.table).toBeNull();
    bench.simulator.admin.reloadMap('mine', {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 1 alua 1 1 service-time 0 1 1 8:0 1',
    });
    await bench.run(2_500);
    expect(bench.view()).toEqual(bench.truth());
    expect(bench.runtime.tables.truth.resyncs).toBe(1);
  });
});

describe('names exchanged while the daemon was stopped', () => {
  it('go back to their WWIDs, and no name leads to a third LUN on the way', async () => {
    const bench = await startWithSan(2, 2);
    await bench.restart(() => {
      const { admin } = bench.simulator;
      admin.renameMap('mpatha', 'tmp');
      admin.renameMap('mpathb', 'mpatha');
      admin.renameMap('tmp', 'mpathb');
    });
    await bench.run(5_000);
    expect(bench.truth().maps[LUN1]?.name).toBe('mpatha');
    expect(bench.truth().maps[LUN2]?.name).toBe('mpathb');
    expect(bench.view()).toEqual(bench.truth());
    expect(writes(bench).filter((line) => /reload/.test(line))).toEqual([]);
  });

  it("a name given to another LUN's map is told apart by UUID", async () => {
    const bench = await startWithSan(2, 2);
    await bench.restart(() => {
      bench.simulator.admin.removeMap('mpathb');
      bench.simulator.admin.renameMap('mpatha', 'mpathb');
    });
    await bench.run(5_000);
    expect(bench.truth().maps[LUN1]?.name).toBe('mpatha');
    expect(bench.truth().maps[LUN2]?.name).toBe('mpathb');
    expect(bench.view()).toEqual(bench.truth());
  });

  it('a name held by a device that is no multipath map is left to it', async () => {
    const bench = await startWithSan(1, 2);
    await bench.restart(() => {
      bench.simulator.admin.renameMap('mpatha', 'other');
      bench.simulator.admin.createEmptyMap('mpatha', 'LVM-x');
    });
    await bench.run(5_000);
    expect(bench.truth().maps[LUN1]?.name).toBe('other');
    expect(bench.view()).toEqual(bench.truth());
  });
});

describe('restart', () => {
  it('adopts all maps and writes nothing', async () => {
    const bench = await startWithSan(4, 4);
    const before = writes(bench).length;
    await bench.restart();
    await bench.run(5_000);
    expect(bench.ready()).toBe(true);
    expect(bench.view()).toEqual(bench.truth());
    expect(writes(bench)).toHaveLength(before);
  });
});
