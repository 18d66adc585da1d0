/**
 * Ten ways in which a multipath daemon can lose sight of the kernel, each as one history. Variants are in loss.test.ts,
 * paths.test.ts, maps.test.ts and test/vm/service.test.ts.
 */
import { uuidOfWwid } from '../../src/model/identity';
import { addPath, startWithSan, wwidOf, type Rig } from './rig';

const [LUN1, LUN2, LUN3] = [1, 2, 3].map((lun) => uuidOfWwid(wwidOf(lun))) as [string, string, string];

const table = (devts: readonly string[]) => ({
  type: 'multipath',
  sizeSectors: 16384,
  readOnly: false,
  params: `0 1 alua 1 1 service-time 0 ${devts.length} 1 ${devts.map((devt) => `${devt} 1`).join(' ')}`,
});

const namesOf = (rig: Rig): Record<string, string> =>
  Object.fromEntries(Object.entries(rig.view().maps).map(([uuid, map]) => [map.name, uuid]));

/** From now on no uevent is sent, and no socket can notice this. */
function unseen(rig: Rig, happen: () => void): void {
  rig.simulator.faults.loseUevents = 1;
  happen();
  rig.simulator.faults.loseUevents = 0;
}

/** Maps by UUID whose live table has a disk of another LUN. */
function misled(rig: Rig): string[] {
  return [...rig.simulator.truth().maps]
    .filter(([uuid, map]) => map.paths.some((path) => uuid !== `mpath-${path.wwid}`))
    .map(([uuid]) => uuid);
}

async function expectTrue(rig: Rig): Promise<void> {
  void rig.runtime.submit({ kind: 'resync' });
  await rig.run(10_000);
  expect(rig.view()).toEqual(rig.truth());
  expect(misled(rig)).toEqual([]);
}

describe('the daemon does not lose sight of the kernel', () => {
  it('a map missing from listings whose ioctls fail stays, and its paths stay in it', async () => {
    const rig = await startWithSan(2, 2);
    const { faults, admin } = rig.simulator;
    faults.add({
      operations: ['read', 'snapshot-map', 'list', 'snapshot-list'],
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: null,
      probability: 0.7,
    });
    for (let i = 0; i < 20; i++) {
      admin.messageMap('mpatha', 'fail_path 8:0');
      if (i % 5 === 0) void rig.runtime.submit({ kind: 'resync' });
      await rig.run(200);
      expect(Object.keys(rig.view().maps).sort()).toEqual([LUN1, LUN2]);
      expect([...rig.runtime.tables.paths.values()].map((path) => path.map).sort()).toEqual([LUN1, LUN1, LUN2, LUN2]);
    }
    faults.clear();
    await expectTrue(rig);
  });

  it('udev dies during adds, changes and removes: the daemon follows all of them without it', async () => {
    const rig = await startWithSan(2, 2);
    const { udev, admin } = rig.simulator;
    udev?.stop();
    admin.removeDisk('sda');
    const added = addPath(rig, 2, 5);
    await rig.run(8_000);
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(1);
    expect(rig.runtime.tables.pathByName(added)?.map).toBe(LUN2);
    await expectTrue(rig);
  });

  it("a map removed, and another LUN's map made under its alias, both events lost: the maps are told apart, and the paths judged by the new table", async () => {
    const rig = await startWithSan(3, 2);
    const { admin } = rig.simulator;
    const before = rig.runtime.tables.maps.get(LUN2)!;
    unseen(rig, () => {
      admin.removeMap('mpathb');
      admin.removeMap('mpathc');
      admin.createMap('mpathb', LUN3, table(['8:32', '8:80']));
    });
    expect(rig.runtime.tables.maps.get(LUN2)).toBe(before);
    await expectTrue(rig);
    expect(namesOf(rig)).toEqual({ mpatha: LUN1, mpathb: LUN3 });
    for (const path of rig.runtime.tables.paths.values()) {
      expect(path.map).toBe(path.wwid === wwidOf(2) ? null : uuidOfWwid(path.wwid ?? ''));
    }
    // The next event for the new map belongs to the new map.
    admin.removeDisk('sdc');
    await rig.run(1_000);
    expect(rig.truth().maps[LUN3]?.paths).toEqual(['8:80 active']);
    expect(rig.view()).toEqual(rig.truth());
  });

  it("another LUN's map made under the alias and number of a removed map: the new map has this alias and dev_t", async () => {
    const rig = await startWithSan(2, 2);
    const { admin } = rig.simulator;
    unseen(rig, () => {
      admin.removeMap('mpatha');
      admin.removeMap('mpathb');
      admin.createMap('mpatha', LUN2, table(['8:16', '8:48']));
    });
    expect(rig.truth().maps[LUN2]).toMatchObject({ name: 'mpatha', devt: '253:0' });
    await expectTrue(rig);
    expect(namesOf(rig)).toEqual({ mpatha: LUN2 });
  });

  it('two maps swap names, all events lost: each name leads to its own paths, and no table is written', async () => {
    const rig = await startWithSan(2, 2);
    const { admin } = rig.simulator;
    const before = rig.logs.length;
    unseen(rig, () => {
      admin.renameMap('mpatha', 'on-the-way');
      admin.renameMap('mpathb', 'mpatha');
      admin.renameMap('on-the-way', 'mpathb');
    });
    expect(namesOf(rig)).toEqual({ mpatha: LUN1, mpathb: LUN2 });
    await expectTrue(rig);
    expect(namesOf(rig)).toEqual({ mpatha: LUN2, mpathb: LUN1 });
    expect(rig.logs.slice(before).filter(({ message }) => /: reload \[/.test(message))).toEqual([]);
  });

  it('two maps swap names, and a path goes before the swap is noticed: the path leaves the map that has it, whatever its name', async () => {
    const rig = await startWithSan(2, 2);
    const { admin } = rig.simulator;
    unseen(rig, () => {
      admin.renameMap('mpatha', 'on-the-way');
      admin.renameMap('mpathb', 'mpatha');
      admin.renameMap('on-the-way', 'mpathb');
    });
    admin.removeDisk('sda');
    await rig.run(1_000);
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(1);
    expect(rig.truth().maps[LUN2]?.paths).toHaveLength(2);
    await expectTrue(rig);
  });

  it('an overrun is noticed, and a resync finds what it hid', async () => {
    const rig = await startWithSan(2, 2, { simulator: { listener: { bufferBytes: 65_536 } } });
    const { admin, kernelListener } = rig.simulator;
    kernelListener.pause();
    admin.foreignEvents(2_000);
    admin.removeDisk('sda');
    admin.removeMap('mpathb');
    await rig.run(50);
    kernelListener.resume();
    await rig.run(8_000);
    expect(rig.runtime.tables.truth.losses.overrun).toBeGreaterThan(0);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('a new LUN under the name and number of a path whose removal was missed is not taken for the old path', async () => {
    const rig = await startWithSan(2, 3);
    const { admin, udev } = rig.simulator;
    udev?.stop();
    unseen(rig, () => admin.removeDisk('sda'));
    addPath(rig, 2, 7);
    await rig.run(8_000);
    await expectTrue(rig);
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(2);
  });

  it('while the write to one map hangs, events for the others are worked on', async () => {
    const rig = await startWithSan(2, 3);
    const { admin, faults } = rig.simulator;
    faults.add({ operations: ['reload'], devices: [LUN1], outcome: { kind: 'hang' }, times: 1, probability: 1 });
    admin.removeDisk('sda');
    await rig.run(500);
    admin.removeDisk('sdb');
    await rig.run(500);
    expect(rig.truth().maps[LUN2]?.paths).toHaveLength(2);
    faults.release();
    await rig.run(3_000);
    await expectTrue(rig);
  });

  it('every call fails for want of memory for a minute: nothing is forgotten, and the tables are right at the end', async () => {
    const rig = await startWithSan(2, 2);
    rig.simulator.faults.add({
      operations: 'all',
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: null,
      probability: 1,
    });
    void rig.runtime.submit({ kind: 'resync' });
    rig.simulator.admin.removeDisk('sda');
    await rig.run(60_000);
    expect(Object.keys(rig.view().maps).sort()).toEqual([LUN1, LUN2]);
    rig.simulator.faults.clear();
    await rig.run(5_000);
    await expectTrue(rig);
  });

  it("another tool reloads and renames a map behind the daemon's back: the daemon follows the kernel", async () => {
    const rig = await startWithSan(2, 3);
    const { admin } = rig.simulator;
    unseen(rig, () => {
      admin.renameMap('mpatha', 'data');
      admin.reloadMap('data', table(['8:0']));
    });
    await expectTrue(rig);
    expect(rig.truth().maps[LUN1]).toMatchObject({ name: 'data', paths: ['8:0 active'] });
  });

  it('a LUN of another size with the WWID, and a LUN swapped under a path, stay out of the map', async () => {
    const rig = await startWithSan(2, 2);
    const { admin } = rig.simulator;
    const lookalike = admin.addDisk({ wwid: wwidOf(1), hcil: '9:0:0:1', sizeSectors: 32768 });
    admin.remap('sda', wwidOf(2));
    await rig.run(5_000);
    expect(rig.runtime.tables.pathByName(lookalike)?.reason?.text).toMatch(/its size/);
    expect(rig.truth().maps[LUN1]?.paths).toEqual(['8:32 active']);
    await expectTrue(rig);
  });
});
