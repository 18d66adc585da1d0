import { uuidOfWwid } from '../../src/model/identity';
import { addPath, configured, startWithSan, wwidOf, type Rig } from './rig';

const LUN1 = uuidOfWwid(wwidOf(1));

function pathsOf(rig: Rig, uuid: string): string[] {
  return rig.truth().maps[uuid]?.paths ?? [];
}

describe('a path that goes', () => {
  it('leaves the table and its map by the kernel uevent', async () => {
    const rig = await startWithSan(2, 3);
    rig.simulator.admin.removeDisk('sda');
    await rig.run(200);
    expect(rig.runtime.tables.pathByName('sda')).toBeUndefined();
    expect(pathsOf(rig, LUN1)).toEqual(['8:32 active', '8:64 active']);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('leaves with udevd stopped, and without any udev', async () => {
    const stopped = await startWithSan(1, 3);
    stopped.simulator.udev?.stop();
    stopped.simulator.admin.removeDisk('sda');
    await stopped.run(200);
    expect(stopped.view()).toEqual(stopped.truth());
    expect(pathsOf(stopped, LUN1)).toHaveLength(2);

    const without = await startWithSan(1, 3, { simulator: { udev: null } });
    without.simulator.admin.removeDisk('sda');
    await without.run(200);
    expect(without.view()).toEqual(without.truth());
    expect(pathsOf(without, LUN1)).toHaveLength(2);
  });

  it('stays when only a synthetic remove event says so', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.admin.trigger('sda', 'remove');
    await rig.run(500);
    expect(rig.runtime.tables.pathByName('sda')).toBeDefined();
    expect(pathsOf(rig, LUN1)).toHaveLength(2);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('is found to be gone by the next resync if its event is lost', async () => {
    const rig = await startWithSan(1, 3);
    rig.simulator.faults.loseUevents = 1;
    rig.simulator.admin.removeDisk('sda');
    await rig.run(500);
    rig.simulator.faults.loseUevents = 0;
    expect(rig.runtime.tables.pathByName('sda')).toBeDefined();
    void rig.runtime.submit({ kind: 'resync' });
    await rig.run(2_000);
    expect(rig.view()).toEqual(rig.truth());
    expect(rig.runtime.tables.truth.lastResync).toMatchObject({ cause: 'requested', pathsAdded: 0, pathsRemoved: 1 });
  });

  it('as the last one: an unused map is removed, and a map in use keeps an empty table', async () => {
    const rig = await startWithSan(2, 2);
    rig.simulator.admin.openMap('mpatha');
    for (const name of ['sda', 'sdb', 'sdc', 'sdd']) rig.simulator.admin.removeDisk(name);
    await rig.run(1_000);
    expect(Object.keys(rig.truth().maps)).toEqual([LUN1]);
    expect(pathsOf(rig, LUN1)).toEqual([]);
    addPath(rig, 1, 0);
    await rig.run(1_000);
    expect(pathsOf(rig, LUN1)).toHaveLength(1);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('as the last one of a map that was open just then: the map is removed when it is closed, and made again under its alias', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.admin.openMap('mpatha');
    for (const name of ['sda', 'sdb']) rig.simulator.admin.removeDisk(name);
    await rig.run(60_000);
    expect(pathsOf(rig, LUN1)).toEqual([]);
    rig.simulator.admin.closeMap('mpatha');
    await rig.run(6_000);
    expect(rig.truth().maps).toEqual({});
    expect(rig.view()).toEqual(rig.truth());
    expect(
      rig.logs.filter(({ message }) => message.startsWith('it has no path, and nobody uses it any more: remove')),
    ).toHaveLength(1);
    for (const path of [0, 1]) addPath(rig, 1, path);
    await rig.run(5_000);
    expect(pathsOf(rig, LUN1)).toHaveLength(2);
    expect(rig.runtime.tables.maps.get(LUN1)?.facts.name).toBe('mpatha');
  });

  it('a map that somebody else emptied stays although nobody uses it, because its paths exist', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.admin.reloadMap('mpatha', {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 0 0 0',
    });
    await rig.run(60_000);
    expect(pathsOf(rig, LUN1)).toEqual([]);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('a closed map stays while it cannot be read; if it is opened again meanwhile, it stays for good', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.admin.openMap('mpatha');
    for (const name of ['sda', 'sdb']) rig.simulator.admin.removeDisk(name);
    await rig.run(1_000);
    rig.simulator.admin.closeMap('mpatha');
    rig.simulator.faults.add({
      operations: ['read'],
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: null,
      probability: 1,
    });
    await rig.run(30_000);
    expect(Object.keys(rig.truth().maps)).toEqual([LUN1]);
    rig.simulator.admin.openMap('mpatha');
    rig.simulator.faults.clear();
    await rig.run(60_000);
    expect(pathsOf(rig, LUN1)).toEqual([]);
    expect(rig.view()).toEqual(rig.truth());
  });
});

describe('a path that comes', () => {
  it('joins its map after udev has worked on it', async () => {
    const rig = await startWithSan(1, 2);
    addPath(rig, 1, 2);
    await rig.run(500);
    expect(pathsOf(rig, LUN1)).toHaveLength(3);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('joins by sysfs after a bounded wait if udevd is stopped', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.udev?.stop();
    addPath(rig, 1, 2);
    await rig.run(2_000);
    expect(pathsOf(rig, LUN1)).toHaveLength(2);
    await rig.run(2_000);
    expect(pathsOf(rig, LUN1)).toHaveLength(3);
    expect(rig.runtime.tables.truth.udev).toBe('silent');
  });

  it('is not taken for the disk whose number, name and old udev record it inherits', async () => {
    const rig = await startWithSan(2, 2);
    rig.simulator.udev?.stop();
    rig.simulator.admin.removeDisk('sda');
    await rig.run(500);
    expect(addPath(rig, 2, 7)).toBe('sda');
    await rig.run(5_000);
    const path = rig.runtime.tables.pathByName('sda');
    expect(path?.wwid).toBe(wwidOf(2));
    expect(path?.map).toBe(uuidOfWwid(wwidOf(2)));
    expect(rig.view()).toEqual(rig.truth());
  });

  it("is refused if its size is not the map's", async () => {
    const rig = await startWithSan(1, 2);
    const name = rig.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: '7:0:0:1', sizeSectors: 999 * 8 });
    await rig.run(1_000);
    expect(pathsOf(rig, LUN1)).toHaveLength(2);
    expect(rig.runtime.tables.pathByName(name)?.reason?.text).toMatch(
      /its size \(7992 sectors\) is not the map's \(16384\)/,
    );
  });
});

describe('a path whose LUN changes under it', () => {
  it('leaves its map at once and joins the map of the other LUN', async () => {
    const rig = await startWithSan(2, 2);
    rig.simulator.admin.remap('sda', wwidOf(2));
    await rig.run(1_000);
    expect(pathsOf(rig, LUN1)).toEqual(['8:32 active']);
    expect(pathsOf(rig, uuidOfWwid(wwidOf(2)))).toHaveLength(3);
    expect(rig.view()).toEqual(rig.truth());
  });
});

describe('a failed path', () => {
  it('is failed in the tables by the dm event, and reinstated when a check finds it up', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.admin.change('sda', { answer: 'down', io: true });
    await rig.run(20);
    expect(pathsOf(rig, LUN1)).toEqual(['8:0 failed', '8:16 active']);
    expect(rig.view()).toEqual(rig.truth());
    expect(rig.runtime.tables.pathByName('sda')?.check.state).toBe('down');
    rig.simulator.admin.change('sda', { answer: 'up' });
    await rig.run(6_000);
    expect(pathsOf(rig, LUN1)).toEqual(['8:0 active', '8:16 active']);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('is not reinstated if it comes back with another LUN', async () => {
    const rig = await startWithSan(2, 2);
    rig.simulator.admin.change('sda', { answer: 'down', io: true });
    await rig.run(100);
    rig.simulator.faults.loseUevents = 1;
    rig.simulator.admin.remap('sda', wwidOf(2));
    rig.simulator.faults.loseUevents = 0;
    rig.simulator.admin.change('sda', { answer: 'up' });
    await rig.run(12_000);
    expect(rig.logs.filter((entry) => /reinstate_path 8:0/.test(entry.message) && entry.device === 'mpatha')).toEqual(
      [],
    );
    expect(pathsOf(rig, LUN1)).toEqual(['8:32 active']);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('that its checker finds down is failed in dm without I/O', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.admin.change('sda', { answer: 'down' });
    await rig.run(25_000);
    expect(pathsOf(rig, LUN1)).toEqual(['8:0 failed', '8:16 active']);
  });

  it('with a hanging check delays no other path', async () => {
    const rig = await startWithSan(1, 3);
    rig.simulator.admin.change('sda', { answer: 'hangs' });
    rig.simulator.admin.change('sdb', { answer: 'down' });
    await rig.run(25_000);
    expect(pathsOf(rig, LUN1)).toContain('8:16 failed');
    await rig.run(40_000);
    expect(rig.runtime.tables.pathByName('sda')?.check.state).toBe('timeout');
    expect(pathsOf(rig, LUN1)).toContain('8:0 failed');
  });
});

describe('ALUA', () => {
  it('makes one group per priority', async () => {
    const rig = await startWithSan(0, 0);
    for (const [path, accessState] of ['active/optimized', 'active/optimized', 'active/non-optimized'].entries()) {
      rig.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: `${path}:0:0:1`, accessState });
    }
    await rig.run(2_000);
    const groups = rig.runtime.tables.maps
      .get(LUN1)
      ?.table?.groups.map((group) => group.paths.map((path) => path.devt));
    expect(groups).toEqual([['8:0', '8:16'], ['8:32']]);
  });

  it('regroups once when a port group changes its state, even if only one path has shown it', async () => {
    const rig = await startWithSan(1, 4, configured({ failback: 'immediate' }));
    const { admin } = rig.simulator;
    await rig.run(6_000);
    const before = rig.logs.length;
    for (const name of ['sda', 'sdc']) admin.change(name, { accessState: 'active/non-optimized' });
    admin.trigger('sda', 'change');
    await rig.run(1_000);
    const groups = rig.runtime.tables.maps
      .get(LUN1)
      ?.table?.groups.map((group) => group.paths.map((path) => path.devt));
    expect(groups).toEqual([
      ['8:16', '8:48'],
      ['8:0', '8:32'],
    ]);
    expect(rig.logs.slice(before).filter(({ message }) => message.includes('reload ['))).toHaveLength(1);
  });
});
