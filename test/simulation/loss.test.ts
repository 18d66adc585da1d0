import { uuidOfWwid } from '../../src/model/identity';
import type { Operation } from '../../src/simulator/faults';
import { addPath, startWithSan, wwidOf } from './rig';

describe('an overrun of the uevent socket', () => {
  it("sets the resync flag, and afterwards the tables equal the kernel's", async () => {
    const rig = await startWithSan(4, 3, { simulator: { listener: { bufferBytes: 65_536 } } });
    const { admin, kernelListener } = rig.simulator;
    kernelListener.pause();
    admin.foreignEvents(2_000);
    admin.removeDisk('sda');
    admin.removeMap('mpathb');
    admin.renameMap('mpathc', 'renamed');
    addPath(rig, 4, 9);
    await rig.run(50);
    kernelListener.resume();
    await rig.run(8_000);
    const { truth } = rig.runtime.tables;
    expect(truth.losses.overrun).toBeGreaterThan(0);
    expect(truth.lastResync?.cause).toMatch(/overrun|drops/);
    expect(rig.view()).toEqual(rig.truth());
    expect(rig.truth().maps[uuidOfWwid(wwidOf(4))]?.paths).toHaveLength(4);
  });

  it('drops nothing from the tables meanwhile', async () => {
    const rig = await startWithSan(2, 2, { simulator: { listener: { bufferBytes: 65_536 } } });
    rig.simulator.kernelListener.pause();
    rig.simulator.admin.foreignEvents(2_000);
    await rig.run(20);
    rig.simulator.kernelListener.resume();
    for (let i = 0; i < 50; i++) {
      await rig.run(5);
      expect(Object.keys(rig.view().maps)).toHaveLength(2);
      expect(rig.view().paths).toHaveLength(4);
    }
  });
});

describe('a fence', () => {
  it('that is only written late is no loss', async () => {
    const rig = await startWithSan(1, 2);
    const { faults } = rig.simulator;
    const { truth } = rig.runtime.tables;
    await rig.run(5_000);
    const fence = truth.lastFenceAt;
    faults.add({ operations: ['fence'], devices: null, outcome: { kind: 'hang' }, times: 1, probability: 1 });
    // The heartbeat's fence is ordered 10 s after the start, and the bound for its write is 10 s more.
    await rig.run(10_000);
    expect(faults.release()).toBe(1);
    await rig.run(500);
    expect(truth.lastFenceAt).not.toBe(fence);
    expect(truth.losses['fence-lost']).toBe(0);
    expect(truth.resyncs).toBe(1);
  });

  it('that is only read late is no loss', async () => {
    const rig = await startWithSan(1, 2);
    const { truth } = rig.runtime.tables;
    const { kernelListener } = rig.simulator;
    await rig.run(6_000);
    const fence = truth.lastFenceAt;
    kernelListener.pause();
    await rig.run(8_000);
    kernelListener.resume();
    await rig.run(500);
    expect(truth.lastFenceAt).not.toBe(fence);
    expect(truth.losses['fence-lost']).toBe(0);
    expect(truth.resyncs).toBe(1);
  });

  it('that does not come back is a loss', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.faults.loseUevents = 1;
    await rig.run(20_000);
    expect(rig.runtime.tables.truth.losses['fence-lost']).toBeGreaterThan(0);
    rig.simulator.faults.loseUevents = 0;
    await rig.run(20_000);
    expect(rig.runtime.tables.truth.phase).toBe('idle');
  });
});

describe('calls that fail', () => {
  const ERRNOS = ['ENOMEM', 'EINTR', 'EIO', 'EBUSY', 'ENXIO'];
  const MAP_CALLS: readonly Operation[] = ['read', 'snapshot-map'];
  const LISTS: readonly Operation[] = ['list', 'snapshot-list', 'snapshot-names'];

  it.each(ERRNOS)('%s for one idle map: the map stays, is shown as stale, and is read again', async (errno) => {
    const rig = await startWithSan(2, 2);
    const uuid = uuidOfWwid(wwidOf(1));
    const undo = rig.simulator.faults.add({
      operations: MAP_CALLS,
      devices: [uuid],
      outcome: { kind: 'errno', errno },
      times: null,
      probability: 1,
    });
    void rig.runtime.submit({ kind: 'resync' });
    rig.simulator.admin.messageMap('mpatha', 'fail_path 8:32');
    await rig.run(10_000);
    const map = rig.runtime.tables.maps.get(uuid);
    expect(map).toBeDefined();
    if (errno !== 'ENXIO') expect(map?.stale?.failure.errno).toBe(errno);
    rig.simulator.admin.removeDisk('sda');
    undo();
    await rig.run(4_000);
    expect(rig.runtime.tables.maps.get(uuid)?.stale).toBeNull();
    expect(rig.view()).toEqual(rig.truth());
    expect(rig.truth().maps[uuid]?.paths).toEqual(['8:32 active']);
  });

  it('ENXIO for a map that every listing shows: the question is repeated with pauses, and not without end', async () => {
    const rig = await startWithSan(2, 2);
    const uuid = uuidOfWwid(wwidOf(1));
    const eventNr = rig.runtime.tables.maps.get(uuid)?.facts.eventNr;
    rig.simulator.faults.add({
      operations: MAP_CALLS,
      devices: [uuid],
      outcome: { kind: 'errno', errno: 'ENXIO' },
      times: 100,
      probability: 1,
    });
    rig.simulator.admin.messageMap('mpatha', 'fail_path 8:32');
    await rig.run(2_000);
    // By then the question was asked less than a hundred times.
    expect(rig.runtime.tables.maps.get(uuid)?.facts.eventNr).toBe(eventNr);
    rig.simulator.faults.clear();
    await rig.run(2_000);
    expect(rig.runtime.tables.maps.get(uuid)?.facts.eventNr).not.toBe(eventNr);
    expect(rig.view()).toEqual(rig.truth());
  });

  it.each(ERRNOS)('%s for every listing: nothing is touched, and the listing is tried again', async (errno) => {
    const rig = await startWithSan(2, 2);
    const undo = rig.simulator.faults.add({
      operations: LISTS,
      devices: null,
      outcome: { kind: 'errno', errno },
      times: null,
      probability: 1,
    });
    void rig.runtime.submit({ kind: 'resync' });
    const { resyncs } = rig.runtime.tables.truth;
    await rig.run(10_000);
    expect(Object.keys(rig.view().maps)).toHaveLength(2);
    expect(rig.runtime.tables.truth.resyncs).toBe(resyncs);
    undo();
    await rig.run(8_000);
    expect(rig.view()).toEqual(rig.truth());
    expect(rig.runtime.tables.truth.phase).toBe('idle');
  });

  it('half of all calls fail: no existing device is forgotten, and the tables are right at the end', async () => {
    const rig = await startWithSan(3, 3, { simulator: { seed: 7 } });
    rig.simulator.faults.add({
      operations: 'all',
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: null,
      probability: 0.5,
    });
    for (let i = 0; i < 40; i++) {
      rig.simulator.admin.messageMap(`mpath${'abc'[i % 3]}`, `fail_path 8:${16 * (i % 9)}`);
      if (i % 10 === 0) void rig.runtime.submit({ kind: 'resync' });
      await rig.run(100);
      expect(Object.keys(rig.view().maps)).toHaveLength(3);
      expect(rig.view().paths).toHaveLength(9);
    }
    rig.simulator.faults.clear();
    await rig.run(15_000);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('at the start: no map is made or changed before all devices were listed', async () => {
    const rig = await startWithSan(2, 2);
    await rig.restart(() => {
      rig.simulator.faults.add({
        operations: ['snapshot-list', 'list'],
        devices: null,
        outcome: { kind: 'errno', errno: 'EINTR' },
        times: 8,
        probability: 1,
      });
    });
    await rig.run(15_000);
    expect(rig.view()).toEqual(rig.truth());
    expect(rig.truth().maps[uuidOfWwid(wwidOf(1))]?.name).toBe('mpatha');
  });

  it('a late answer does not bring back a device that an event has removed', async () => {
    const rig = await startWithSan(1, 3);
    rig.simulator.faults.add({
      operations: ['block-read', 'snapshot-block'],
      devices: null,
      outcome: { kind: 'late', ms: 300 },
      times: null,
      probability: 1,
    });
    rig.simulator.admin.trigger('sda', 'change');
    await rig.run(50);
    rig.simulator.admin.removeDisk('sda');
    await rig.run(1_000);
    expect(rig.runtime.tables.pathByName('sda')).toBeUndefined();
    rig.simulator.faults.clear();
    await rig.run(2_000);
    expect(rig.view()).toEqual(rig.truth());
  });
});

describe('a kernel that accepts no fences', () => {
  it('is reported once, and resyncs go on without fences', async () => {
    const rig = await startWithSan(2, 2);
    rig.simulator.faults.add({
      operations: ['fence'],
      devices: null,
      outcome: { kind: 'errno', errno: 'EROFS' },
      times: null,
      probability: 1,
    });
    void rig.runtime.submit({ kind: 'resync' });
    await rig.run(60_000);
    const { truth } = rig.runtime.tables;
    expect(truth.fence).toBe('refused');
    expect(truth.resyncs).toBeGreaterThan(1);
    expect(rig.logs.filter((entry) => entry.message.includes('no fence can be sent'))).toHaveLength(1);
    expect(rig.view()).toEqual(rig.truth());
  });
});
