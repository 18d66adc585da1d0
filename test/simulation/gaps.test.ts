/** Holes in SEQNUM: events that were lost without notice, and numbers that other network namespaces use. */
import { createRig, startWithSan, addPath, wwidOf, type Rig } from './rig';
import { uuidOfWwid } from '../../src/model/identity';

/** Lets something happen whose events reach nobody. */
function unseen(rig: Rig, happen: () => void): void {
  rig.simulator.faults.loseUevents = 1;
  happen();
  rig.simulator.faults.loseUevents = 0;
}

const truthOf = (rig: Rig) => rig.runtime.tables.truth;

/** The heartbeat's fence shows the hole after 10 s at most. Then the look takes a second, and the verdict another. */
const SECONDS = 14_000;

describe('an event lost without notice', () => {
  const CASES: Array<[string, (rig: Rig) => void]> = [
    ['of a disk that came', (rig) => void addPath(rig, 1, 9)],
    ['of a disk that went', (rig) => rig.simulator.admin.removeDisk('sda')],
    ['of a map that was renamed', (rig) => rig.simulator.admin.renameMap('mpathb', 'renamed')],
    ['of a map that was removed', (rig) => rig.simulator.admin.removeMap('mpathb')],
    [
      'of a disk that went and another that got its name',
      (rig) => {
        rig.simulator.admin.removeMap('mpatha');
        rig.simulator.admin.removeDisk('sda');
        rig.simulator.admin.addDisk({ wwid: wwidOf(7), hcil: '9:0:0:7' });
      },
    ],
  ];

  it.each(CASES)('%s: found by a look within seconds, without a resync', async (_, happen) => {
    const rig = await startWithSan(2, 3);
    const { resyncs } = truthOf(rig);
    unseen(rig, () => happen(rig));
    await rig.run(SECONDS);
    expect(rig.view()).toEqual(rig.truth());
    expect(truthOf(rig).resyncs).toBe(resyncs);
    expect(truthOf(rig).gaps.looks).toBe(1);
  });

  it('is a counted loss, reported with the device', async () => {
    const rig = await startWithSan(2, 3);
    unseen(rig, () => addPath(rig, 1, 9));
    await rig.run(SECONDS);
    expect(truthOf(rig).losses.gap).toBe(1);
    expect(truthOf(rig).gaps).toEqual({ numbers: 1, looks: 1, pauseMs: 5_000 });
    expect(rig.logs.filter(({ message }) => message.includes('(gap, 1): a look found changes of sdg;'))).toHaveLength(
      1,
    );
  });

  it('removes no existing device: a disk that a torn listing lacks stays', async () => {
    const rig = await startWithSan(2, 3);
    rig.simulator.faults.add({
      operations: ['list', 'block-list'],
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: null,
      probability: 1,
    });
    rig.simulator.admin.useNumbersUp(1);
    await rig.run(60_000);
    expect(truthOf(rig).gaps.looks).toBeGreaterThan(1);
    rig.simulator.faults.clear();
    expect(rig.view()).toEqual(rig.truth());
  });

  it('is found even when the first looks fail', async () => {
    const rig = await startWithSan(2, 3);
    rig.simulator.faults.add({
      operations: ['block-list'],
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: 2,
      probability: 1,
    });
    unseen(rig, () => addPath(rig, 1, 9));
    await rig.run(SECONDS + 20_000);
    expect(truthOf(rig).losses.gap).toBe(1);
    expect(rig.view()).toEqual(rig.truth());
  });
});

describe('numbers of other network namespaces', () => {
  it('a million of them, bit by bit over an hour, lead to a bounded number of looks and to no additional resync', async () => {
    const rig = await startWithSan(2, 3);
    const { resyncs } = truthOf(rig);
    for (let second = 0; second < 3_600; second++) {
      rig.simulator.admin.useNumbersUp(278);
      rig.simulator.admin.foreignEvents(1);
      await rig.run(1_000);
    }
    const { gaps, losses } = truthOf(rig);
    expect(gaps.numbers).toBeGreaterThan(990_000);
    expect(gaps.pauseMs).toBe(320_000);
    expect(gaps.looks).toBeGreaterThan(6);
    expect(gaps.looks).toBeLessThan(20);
    expect(losses.gap).toBe(0);
    // The periodic resyncs, every ten minutes.
    expect(truthOf(rig).resyncs - resyncs).toBeLessThanOrEqual(6);
    expect(rig.logs.filter(({ level }) => level === 'warning' || level === 'error')).toEqual([]);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('hide a loss among them no longer than the longest pause, and then looks come often again', async () => {
    const rig = await startWithSan(2, 3);
    for (let second = 0; second < 900; second++) {
      rig.simulator.admin.useNumbersUp(10);
      rig.simulator.admin.foreignEvents(1);
      await rig.run(1_000);
    }
    expect(truthOf(rig).gaps.pauseMs).toBeGreaterThan(100_000);
    const looks = truthOf(rig).gaps.looks;
    unseen(rig, () => addPath(rig, 1, 9));
    for (let second = 0; second < 330 && truthOf(rig).gaps.looks === looks; second++) {
      rig.simulator.admin.useNumbersUp(10);
      rig.simulator.admin.foreignEvents(1);
      await rig.run(1_000);
    }
    await rig.run(3_000);
    expect(truthOf(rig).losses.gap + (truthOf(rig).lastResync?.pathsAdded ?? 0)).toBe(1);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('after a quiet time the next hole is looked at soon', async () => {
    const rig = await startWithSan(1, 2);
    for (let second = 0; second < 120; second++) {
      rig.simulator.admin.useNumbersUp(1);
      rig.simulator.admin.foreignEvents(1);
      await rig.run(1_000);
    }
    expect(truthOf(rig).gaps.pauseMs).toBeGreaterThan(20_000);
    await rig.run(400_000);
    const { looks } = truthOf(rig).gaps;
    unseen(rig, () => addPath(rig, 1, 9));
    await rig.run(SECONDS);
    expect(truthOf(rig).gaps).toMatchObject({ looks: looks + 1, pauseMs: 5_000 });
    expect(truthOf(rig).losses.gap).toBe(1);
  });
});

describe('there is no look', () => {
  it('for events that only come in another order', async () => {
    const rig = await startWithSan(2, 3);
    rig.simulator.faults.reorderUevents = 0.5;
    for (let i = 0; i < 200; i++) {
      rig.simulator.admin.foreignEvents(5);
      await rig.run(100);
    }
    expect(truthOf(rig).gaps).toMatchObject({ numbers: 0, looks: 0 });
  });

  it('for a hole that an overrun explains: the resync covers it', async () => {
    const rig = await startWithSan(2, 3, { simulator: { listener: { bufferBytes: 65_536 } } });
    rig.simulator.kernelListener.pause();
    rig.simulator.admin.foreignEvents(2_000);
    await rig.run(50);
    rig.simulator.kernelListener.resume();
    await rig.run(30_000);
    expect(truthOf(rig).losses.overrun).toBe(1);
    expect(truthOf(rig).gaps).toMatchObject({ numbers: 0, looks: 0 });
  });

  it('while a resync is under way that will show the same', async () => {
    const rig = await startWithSan(2, 3);
    rig.simulator.faults.add({
      operations: ['fence'],
      devices: null,
      outcome: { kind: 'hang' },
      times: 1,
      probability: 1,
    });
    rig.simulator.admin.useNumbersUp(3);
    rig.simulator.admin.foreignEvents(1);
    await rig.run(500);
    void rig.runtime.submit({ kind: 'resync' });
    await rig.run(3_000);
    rig.simulator.faults.release();
    await rig.run(20_000);
    expect(truthOf(rig).gaps).toMatchObject({ numbers: 3, looks: 0 });
  });

  it('before the first events have come', async () => {
    const rig = createRig();
    rig.simulator.admin.useNumbersUp(5_000);
    await rig.runtime.start();
    await rig.run(30_000);
    expect(truthOf(rig).gaps).toMatchObject({ numbers: 0, looks: 0 });
  });
});

describe('it is no loss', () => {
  it('if the event comes after the look, however late', async () => {
    // An event is read half a second after it was sent, so the look sees the disk before the event comes.
    const rig = await startWithSan(2, 3, { simulator: { listener: { readDelayMs: 500 } } });
    rig.simulator.admin.useNumbersUp(1);
    rig.simulator.admin.foreignEvents(1);
    const { gaps } = truthOf(rig);
    let looking = false;
    rig.simulator.faults.add({
      operations: ['list'],
      devices: null,
      outcome: { kind: 'late', ms: 100 },
      times: 1,
      probability: 1,
    });
    for (let i = 0; i < 5_000 && !looking; i++) {
      await rig.run(1);
      looking = truthOf(rig).gaps.looks > gaps.looks;
    }
    addPath(rig, 1, 9);
    await rig.run(300);
    expect(rig.runtime.tables.pathByName('sdg')).toBeDefined();
    expect(rig.simulator.kernelListener.socket()?.queued()).toBeGreaterThan(0);
    await rig.run(SECONDS);
    expect(truthOf(rig).gaps.looks).toBe(1);
    expect(truthOf(rig).losses.gap).toBe(0);
    expect(rig.truth().maps[uuidOfWwid(wwidOf(1))]?.paths).toHaveLength(4);
    expect(rig.view()).toEqual(rig.truth());
  });
});
