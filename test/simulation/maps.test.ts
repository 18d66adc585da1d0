import type { KernelPorts } from '../../src/kernel/ports';
import { uuidOfWwid } from '../../src/model/identity';
import { addSan, configured, createRig, startWithSan, wwidOf, type Rig } from './rig';

const LUN1 = uuidOfWwid(wwidOf(1));
const LUN2 = uuidOfWwid(wwidOf(2));

const writes = (rig: Rig): string[] =>
  rig.logs
    .map((entry) => entry.message)
    .filter((message) => /: (reload|rename|remove|create|reinstate|fail_path)/.test(message));

describe('maps changed by someone else', () => {
  it('removed: the daemon follows, and does not make the map again', async () => {
    const rig = await startWithSan(2, 2);
    rig.simulator.admin.removeMap('mpatha');
    await rig.run(5_000);
    expect(Object.keys(rig.view().maps)).toEqual([LUN2]);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('removed with the uevent lost: noticed at the next dm event, on two proofs', async () => {
    const rig = await startWithSan(2, 2);
    rig.simulator.faults.loseUevents = 1;
    rig.simulator.admin.removeMap('mpatha');
    rig.simulator.faults.loseUevents = 0;
    await rig.run(1_000);
    rig.simulator.admin.messageMap('mpathb', 'fail_path 8:16');
    await rig.run(1_000);
    expect(rig.runtime.tables.maps.has(LUN1)).toBe(false);
    expect(rig.logs.some((entry) => /missing from a complete listing, and a look-up by UUID/.test(entry.message))).toBe(
      true,
    );
  });

  it('renamed: the new name stands', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.admin.renameMap('mpatha', 'data');
    await rig.run(2_000);
    expect(rig.view().maps[LUN1]?.name).toBe('data');
    expect(rig.view()).toEqual(rig.truth());
  });

  it('renamed with the uevent lost: noticed by the event poll or the next listing', async () => {
    const rig = await startWithSan(2, 2);
    rig.simulator.faults.loseUevents = 1;
    rig.simulator.admin.renameMap('mpatha', 'data');
    rig.simulator.faults.loseUevents = 0;
    rig.simulator.admin.messageMap('mpathb', 'fail_path 8:16');
    await rig.run(1_000);
    expect(rig.view().maps[LUN1]?.name).toBe('data');
  });

  it('reloaded without one path: followed, and the path is held out', async () => {
    const rig = await startWithSan(1, 3);
    rig.simulator.admin.reloadMap('mpatha', {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 1 alua 1 1 service-time 0 2 1 8:0 1 8:16 1',
    });
    await rig.run(5_000);
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(2);
    expect(rig.view()).toEqual(rig.truth());
    expect(rig.runtime.tables.pathByName('sdc')?.reason?.text).toMatch(/left out of mpatha by someone else's reload/);
    void rig.runtime.submit({ kind: 'add-path', path: 'sdc' });
    await rig.run(2_000);
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(3);
  });

  it.each([
    [
      'removed, and asked for again',
      (rig: Rig) => rig.simulator.admin.removeMap('mpatha'),
      { kind: 'add-map', map: wwidOf(1) } as const,
    ],
    [
      'removed and made again with one path',
      (rig: Rig) => {
        rig.simulator.admin.removeMap('mpatha');
        rig.simulator.admin.createMap('mpatha', LUN1, {
          type: 'multipath',
          sizeSectors: 16384,
          readOnly: false,
          params: '0 1 alua 1 1 service-time 0 1 1 8:0 1',
        });
      },
      null,
    ],
  ])(
    'reloaded without one path, then %s: the map gets all of its paths, and its groups follow their states',
    async (_, act, command) => {
      const rig = await startWithSan(1, 3, configured({ failback: 'immediate' }));
      rig.simulator.admin.reloadMap('mpatha', {
        type: 'multipath',
        sizeSectors: 16384,
        readOnly: false,
        params: '0 1 alua 1 1 service-time 0 2 1 8:0 1 8:16 1',
      });
      await rig.run(5_000);
      expect(rig.view().maps[LUN1]?.paths).toHaveLength(2);
      act(rig);
      await rig.run(5_000);
      if (command !== null) void rig.runtime.submit(command);
      await rig.run(5_000);
      expect(rig.view().maps[LUN1]?.paths).toHaveLength(3);
      rig.simulator.admin.change('sda', { accessState: 'active/non-optimized' });
      rig.simulator.admin.trigger('sda', 'change');
      await rig.run(5_000);
      expect(
        rig.runtime.tables.maps.get(LUN1)?.table?.groups.map(({ paths }) => paths.map(({ devt }) => devt).toSorted()),
      ).toEqual([['8:16', '8:32'], ['8:0']]);
      expect(rig.view()).toEqual(rig.truth());
    },
  );

  it('created: adopted', async () => {
    const rig = await startWithSan(1, 1);
    rig.simulator.admin.createMap('mine', LUN1, {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 1 alua 1 1 service-time 0 1 1 8:0 1',
    });
    await rig.run(2_000);
    expect(rig.view()).toEqual(rig.truth());
    expect(rig.view().maps[LUN1]?.name).toBe('mine');
  });
});

it('a map that somebody else made while ours could not be made is managed at once', async () => {
  const rig = await startWithSan(0, 0);
  rig.simulator.faults.add({
    operations: ['create'],
    devices: null,
    outcome: { kind: 'errno', errno: 'EBUSY' },
    times: null,
    probability: 1,
  });
  addSan(rig, 1, 2);
  // By then almost a minute is left until the next try.
  await rig.run(90_000);
  rig.simulator.admin.createMap('theirs', LUN1, {
    type: 'multipath',
    sizeSectors: 16384,
    readOnly: false,
    params: '0 1 alua 1 1 service-time 0 2 1 8:0 1 8:16 1',
  });
  await rig.run(1_000);
  rig.simulator.admin.messageMap('theirs', 'fail_path 8:0');
  await rig.run(1_000);
  expect(rig.view().maps[LUN1]?.paths).toEqual(['8:0 active', '8:16 active']);
  expect(rig.view()).toEqual(rig.truth());
});

describe('a map that was seen while it was made, and whose table the kernel refused', () => {
  const LONG = {
    operations: ['create' as const],
    devices: null,
    outcome: { kind: 'halfway' as const, ms: 10_000 },
    times: 1,
    probability: 1,
  };

  it('ours: is tried again, and made when the disk is free', async () => {
    const rig = await startWithSan(0, 0);
    rig.simulator.faults.add(LONG);
    addSan(rig, 1, 2);
    rig.simulator.admin.claim('sda', true);
    await rig.run(5_000);
    expect(rig.runtime.tables.maps.get(LUN1)?.facts.hasLiveTable).toBe(false);
    await rig.run(10_000);
    expect(rig.runtime.tables.maps.has(LUN1)).toBe(false);
    rig.simulator.admin.claim('sda', false);
    await rig.run(61_000);
    expect(rig.view().maps[LUN1]?.paths).toHaveLength(2);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('ours: is not tried again early, although each try shows it for a moment', async () => {
    const rig = await startWithSan(0, 0);
    rig.simulator.faults.add({ ...LONG, outcome: { kind: 'halfway', ms: 30 }, times: null });
    addSan(rig, 1, 2);
    rig.simulator.admin.claim('sda', true);
    await rig.run(60_000);
    const tries = rig.logs.filter(({ message }) => /: create /.test(message)).length;
    expect(tries).toBeGreaterThan(4);
    expect(tries).toBeLessThan(12);
  });

  it("somebody else's: our map is made in its place", async () => {
    const rig = await startWithSan(0, 0);
    rig.simulator.admin.createEmptyMap('theirs', LUN1);
    addSan(rig, 1, 2);
    await rig.run(1_000);
    expect(rig.view().maps[LUN1]?.name).toBe('theirs');
    rig.simulator.admin.removeMap('theirs');
    await rig.run(5_000);
    expect(rig.view().maps[LUN1]?.paths).toHaveLength(2);
  });
});

it('a map that was seen while it was made, then completed and removed at once, stays away', async () => {
  const rig = await startWithSan(0, 0);
  rig.simulator.admin.createEmptyMap('theirs', LUN1);
  addSan(rig, 1, 2);
  await rig.run(1_000);
  expect(rig.view().maps[LUN1]?.name).toBe('theirs');
  rig.simulator.admin.reloadMap('theirs', {
    type: 'multipath',
    sizeSectors: 16384,
    readOnly: false,
    params: '0 1 alua 1 1 service-time 0 1 1 8:0 1',
  });
  rig.simulator.admin.removeMap('theirs');
  await rig.run(5_000);
  expect(rig.truth().maps).toEqual({});
});

it("somebody else's map that kept ours from being made, and that he removes after its completion, stays away", async () => {
  let rig: Rig | null = null;
  const theirsFirst = (ports: KernelPorts): KernelPorts => ({
    ...ports,
    deviceMapper: {
      ...ports.deviceMapper,
      create: (request) => {
        if (rig?.truth().maps[LUN1] === undefined) rig?.simulator.admin.createEmptyMap('theirs', LUN1);
        return ports.deviceMapper.create(request);
      },
    },
  });
  rig = createRig({ ports: theirsFirst });
  // The map is seen while it is made, before the answer that refuses ours.
  rig.simulator.faults.add({
    operations: ['create'],
    devices: null,
    outcome: { kind: 'late', ms: 500 },
    times: null,
    probability: 1,
  });
  await rig.runtime.start();
  addSan(rig, 1, 2);
  await rig.run(1_000);
  expect(rig.logs.map(({ message }) => message)).toContainEqual(expect.stringMatching(/no map could be made: .*EBUSY/));
  rig.simulator.admin.reloadMap('theirs', {
    type: 'multipath',
    sizeSectors: 16384,
    readOnly: false,
    params: '0 1 alua 1 1 service-time 0 2 1 8:0 1 8:16 1',
  });
  await rig.run(5_000);
  expect(rig.view().maps[LUN1]?.paths).toHaveLength(2);
  rig.simulator.admin.removeMap('theirs');
  await rig.run(120_000);
  expect(rig.truth().maps).toEqual({});
});

it('our map that was removed before the answer to its creation stays away', async () => {
  const rig = await startWithSan(0, 0);
  rig.simulator.faults.add({
    operations: ['create'],
    devices: null,
    outcome: { kind: 'late', ms: 2_000 },
    times: 1,
    probability: 1,
  });
  // Readings of the map are answered after its removal, too.
  rig.simulator.faults.add({
    operations: ['read'],
    devices: null,
    outcome: { kind: 'late', ms: 3_000 },
    times: null,
    probability: 1,
  });
  addSan(rig, 1, 2);
  while (rig.truth().maps[LUN1] === undefined) await rig.run(1);
  rig.simulator.admin.removeMap('mpatha');
  await rig.run(10_000);
  expect(rig.truth().maps).toEqual({});
  expect(rig.logs.filter(({ message }) => /: create /.test(message))).toHaveLength(1);
  expect(rig.logs.map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/was removed by somebody else as soon as it was made/),
  );
});

describe('a map that somebody else made, with every uevent lost', () => {
  it('has its table read without a resync, although the table came after the first reading', async () => {
    const rig = await startWithSan(2, 1);
    rig.simulator.faults.loseUevents = 1;
    rig.simulator.admin.createEmptyMap('mine', LUN1);
    await rig.run(200);
    expect(rig.runtime.tables.maps.get(LUN1)?.table).toBeNull();
    rig.simulator.admin.reloadMap('mine', {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 1 alua 1 1 service-time 0 1 1 8:0 1',
    });
    await rig.run(2_500);
    expect(rig.view()).toEqual(rig.truth());
    expect(rig.runtime.tables.truth.resyncs).toBe(1);
  });
});

describe('names that were exchanged while the daemon was stopped', () => {
  it('take the detour by a WWID, and no name leads to a third LUN meanwhile', async () => {
    const rig = await startWithSan(2, 2);
    await rig.restart(() => {
      const { admin } = rig.simulator;
      admin.renameMap('mpatha', 'tmp');
      admin.renameMap('mpathb', 'mpatha');
      admin.renameMap('tmp', 'mpathb');
    });
    await rig.run(5_000);
    expect(rig.truth().maps[LUN1]?.name).toBe('mpatha');
    expect(rig.truth().maps[LUN2]?.name).toBe('mpathb');
    expect(rig.view()).toEqual(rig.truth());
    expect(writes(rig).filter((line) => /reload/.test(line))).toEqual([]);
  });

  it("a name that was given to another LUN's map is told apart by UUID", async () => {
    const rig = await startWithSan(2, 2);
    await rig.restart(() => {
      rig.simulator.admin.removeMap('mpathb');
      rig.simulator.admin.renameMap('mpatha', 'mpathb');
    });
    await rig.run(5_000);
    expect(rig.truth().maps[LUN1]?.name).toBe('mpatha');
    expect(rig.truth().maps[LUN2]?.name).toBe('mpathb');
    expect(rig.view()).toEqual(rig.truth());
  });

  it('a name of a device that is no multipath map stays with this device', async () => {
    const rig = await startWithSan(1, 2);
    await rig.restart(() => {
      rig.simulator.admin.renameMap('mpatha', 'other');
      rig.simulator.admin.createEmptyMap('mpatha', 'LVM-x');
    });
    await rig.run(5_000);
    expect(rig.truth().maps[LUN1]?.name).toBe('other');
    expect(rig.view()).toEqual(rig.truth());
  });
});

describe('a restart', () => {
  it('adopts all maps and writes nothing', async () => {
    const rig = await startWithSan(4, 4);
    const before = writes(rig).length;
    await rig.restart();
    await rig.run(5_000);
    expect(rig.ready()).toBe(true);
    expect(rig.view()).toEqual(rig.truth());
    expect(writes(rig)).toHaveLength(before);
  });
});
