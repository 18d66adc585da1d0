import { uuidOfWwid } from '../../src/model/identity';
import { addPath, configured, startWithSan, wwidOf, type Bench } from './bench';

const LUN1 = uuidOfWwid(wwidOf(1));

function pathsOf(bench: Bench, uuid: string): string[] {
  return bench.truth().maps[uuid]?.paths ?? [];
}

describe('a path that goes', () => {
  it('leaves the table and its map by the kernel uevent', async () => {
    const bench = await startWithSan(2, 3);
    bench.simulator.admin.removeDisk('sda');
    await bench.run(200);
    expect(bench.runtime.tables.pathByName('sda')).toBeUndefined();
    expect(pathsOf(bench, LUN1)).toEqual(['8:32 active', '8:64 active']);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('leaves with udevd stopped, and with no udev at all', async () => {
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
    const bench = await startWithSan(1, 2);
    bench.simulator.admin.trigger('sda', 'remove');
    await bench.run(500);
    expect(bench.runtime.tables.pathByName('sda')).toBeDefined();
    expect(pathsOf(bench, LUN1)).toHaveLength(2);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('is found gone by the next resync when its event is lost', async () => {
    const bench = await startWithSan(1, 3);
    bench.simulator.faults.loseUevents = 1;
    bench.simulator.admin.removeDisk('sda');
    await bench.run(500);
    bench.simulator.faults.loseUevents = 0;
    expect(bench.runtime.tables.pathByName('sda')).toBeDefined();
    void bench.runtime.submit({ kind: 'resync' });
    await bench.run(2_000);
    expect(bench.view()).toEqual(bench.truth());
    expect(bench.runtime.tables.truth.lastResync).toMatchObject({ cause: 'requested', pathsAdded: 0, pathsRemoved: 1 });
  });

  it('with the last one an unused map goes, a used one keeps an empty table', async () => {
    const bench = await startWithSan(2, 2);
    bench.simulator.admin.openMap('mpatha');
    for (const name of ['sda', 'sdb', 'sdc', 'sdd']) bench.simulator.admin.removeDisk(name);
    await bench.run(1_000);
    expect(Object.keys(bench.truth().maps)).toEqual([LUN1]);
    expect(pathsOf(bench, LUN1)).toEqual([]);
    addPath(bench, 1, 0);
    await bench.run(1_000);
    expect(pathsOf(bench, LUN1)).toHaveLength(1);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('a map that was open just then goes when it is closed, and is made again under its alias', async () => {
    const bench = await startWithSan(1, 2);
    bench.simulator.admin.openMap('mpatha');
    for (const name of ['sda', 'sdb']) bench.simulator.admin.removeDisk(name);
    await bench.run(60_000);
    expect(pathsOf(bench, LUN1)).toEqual([]);
    bench.simulator.admin.closeMap('mpatha');
    await bench.run(6_000);
    expect(bench.truth().maps).toEqual({});
    expect(bench.view()).toEqual(bench.truth());
    expect(
      bench.logs.filter(({ message }) => message.startsWith('it has no path, and nobody uses it any more: remove')),
    ).toHaveLength(1);
    for (const path of [0, 1]) addPath(bench, 1, path);
    await bench.run(5_000);
    expect(pathsOf(bench, LUN1)).toHaveLength(2);
    expect(bench.runtime.tables.maps.get(LUN1)?.facts.name).toBe('mpatha');
  });

  it('a map that somebody else emptied stays, though nobody uses it: its paths are there', async () => {
    const bench = await startWithSan(1, 2);
    bench.simulator.admin.reloadMap('mpatha', {
      type: 'multipath',
      sizeSectors: 16384,
      readOnly: false,
      params: '0 0 0 0',
    });
    await bench.run(60_000);
    expect(pathsOf(bench, LUN1)).toEqual([]);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('while it cannot be read, a map that was closed stays; opened again meanwhile, it stays for good', async () => {
    const bench = await startWithSan(1, 2);
    bench.simulator.admin.openMap('mpatha');
    for (const name of ['sda', 'sdb']) bench.simulator.admin.removeDisk(name);
    await bench.run(1_000);
    bench.simulator.admin.closeMap('mpatha');
    bench.simulator.faults.add({
      operations: ['read'],
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: null,
      probability: 1,
    });
    await bench.run(30_000);
    expect(Object.keys(bench.truth().maps)).toEqual([LUN1]);
    bench.simulator.admin.openMap('mpatha');
    bench.simulator.faults.clear();
    await bench.run(60_000);
    expect(pathsOf(bench, LUN1)).toEqual([]);
    expect(bench.view()).toEqual(bench.truth());
  });
});

describe('a path that comes', () => {
  it('joins its map when udev has worked on it', async () => {
    const bench = await startWithSan(1, 2);
    addPath(bench, 1, 2);
    await bench.run(500);
    expect(pathsOf(bench, LUN1)).toHaveLength(3);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('joins by what sysfs says after a bounded wait when udevd is stopped', async () => {
    const bench = await startWithSan(1, 2);
    bench.simulator.udev?.stop();
    addPath(bench, 1, 2);
    await bench.run(2_000);
    expect(pathsOf(bench, LUN1)).toHaveLength(2);
    await bench.run(2_000);
    expect(pathsOf(bench, LUN1)).toHaveLength(3);
    expect(bench.runtime.tables.truth.udev).toBe('silent');
  });

  it('is not taken for the disk whose number, name and old udev record it inherits', async () => {
    const bench = await startWithSan(2, 2);
    bench.simulator.udev?.stop();
    bench.simulator.admin.removeDisk('sda');
    await bench.run(500);
    expect(addPath(bench, 2, 7)).toBe('sda');
    await bench.run(5_000);
    const path = bench.runtime.tables.pathByName('sda');
    expect(path?.wwid).toBe(wwidOf(2));
    expect(path?.map).toBe(uuidOfWwid(wwidOf(2)));
    expect(bench.view()).toEqual(bench.truth());
  });

  it("is refused when its size is not the map's", async () => {
    const bench = await startWithSan(1, 2);
    const name = bench.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: '7:0:0:1', sizeSectors: 999 * 8 });
    await bench.run(1_000);
    expect(pathsOf(bench, LUN1)).toHaveLength(2);
    expect(bench.runtime.tables.pathByName(name)?.reason).toMatch(
      /its size \(7992 sectors\) is not the map's \(16384\)/,
    );
  });
});

describe('a path whose LUN changes under it', () => {
  it("leaves its map at once and joins the other LUN's", async () => {
    const bench = await startWithSan(2, 2);
    bench.simulator.admin.remap('sda', wwidOf(2));
    await bench.run(1_000);
    expect(pathsOf(bench, LUN1)).toEqual(['8:32 active']);
    expect(pathsOf(bench, uuidOfWwid(wwidOf(2)))).toHaveLength(3);
    expect(bench.view()).toEqual(bench.truth());
  });
});

describe('a failed path', () => {
  it('is failed in the tables by the dm event, and reinstated when a check finds it up', async () => {
    const bench = await startWithSan(1, 2);
    bench.simulator.admin.change('sda', { answer: 'down', io: true });
    await bench.run(20);
    expect(pathsOf(bench, LUN1)).toEqual(['8:0 failed', '8:16 active']);
    expect(bench.view()).toEqual(bench.truth());
    expect(bench.runtime.tables.pathByName('sda')?.check.state).toBe('down');
    bench.simulator.admin.change('sda', { answer: 'up' });
    await bench.run(6_000);
    expect(pathsOf(bench, LUN1)).toEqual(['8:0 active', '8:16 active']);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('is not reinstated when it comes back as another LUN', async () => {
    const bench = await startWithSan(2, 2);
    bench.simulator.admin.change('sda', { answer: 'down', io: true });
    await bench.run(100);
    bench.simulator.faults.loseUevents = 1;
    bench.simulator.admin.remap('sda', wwidOf(2));
    bench.simulator.faults.loseUevents = 0;
    bench.simulator.admin.change('sda', { answer: 'up' });
    await bench.run(12_000);
    expect(bench.logs.filter((entry) => /reinstate_path 8:0/.test(entry.message) && entry.device === 'mpatha')).toEqual(
      [],
    );
    expect(pathsOf(bench, LUN1)).toEqual(['8:32 active']);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('found down by its checker is failed in dm without I/O', async () => {
    const bench = await startWithSan(1, 2);
    bench.simulator.admin.change('sda', { answer: 'down' });
    await bench.run(25_000);
    expect(pathsOf(bench, LUN1)).toEqual(['8:0 failed', '8:16 active']);
  });

  it('that hangs in its check delays no other path', async () => {
    const bench = await startWithSan(1, 3);
    bench.simulator.admin.change('sda', { answer: 'hangs' });
    bench.simulator.admin.change('sdb', { answer: 'down' });
    await bench.run(25_000);
    expect(pathsOf(bench, LUN1)).toContain('8:16 failed');
    await bench.run(40_000);
    expect(bench.runtime.tables.pathByName('sda')?.check.state).toBe('timeout');
    expect(pathsOf(bench, LUN1)).toContain('8:0 failed');
  });
});

describe('ALUA', () => {
  it('makes one group per priority', async () => {
    const bench = await startWithSan(0, 0);
    for (const [path, accessState] of ['active/optimized', 'active/optimized', 'active/non-optimized'].entries()) {
      bench.simulator.admin.addDisk({ wwid: wwidOf(1), hcil: `${path}:0:0:1`, accessState });
    }
    await bench.run(2_000);
    const groups = bench.runtime.tables.maps
      .get(LUN1)
      ?.table?.groups.map((group) => group.paths.map((path) => path.devt));
    expect(groups).toEqual([['8:0', '8:16'], ['8:32']]);
  });

  it('regroups once when a port group changes its state, though only one of its paths was seen to', async () => {
    const bench = await startWithSan(1, 4, configured({ failback: 'immediate' }));
    const { admin } = bench.simulator;
    await bench.run(6_000);
    const before = bench.logs.length;
    for (const name of ['sda', 'sdc']) admin.change(name, { accessState: 'active/non-optimized' });
    admin.trigger('sda', 'change');
    await bench.run(1_000);
    const groups = bench.runtime.tables.maps
      .get(LUN1)
      ?.table?.groups.map((group) => group.paths.map((path) => path.devt));
    expect(groups).toEqual([
      ['8:16', '8:48'],
      ['8:0', '8:32'],
    ]);
    expect(bench.logs.slice(before).filter(({ message }) => message.includes('reload ['))).toHaveLength(1);
  });
});
