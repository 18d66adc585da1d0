/** Holes in SEQNUM: events that were lost without any notice, and numbers that are none of our business. */
import { createBench, startWithSan, addPath, wwidOf, type Bench } from './bench';
import { uuidOfWwid } from '../../src/model/identity';

/** What happens now is told to nobody. */
function unseen(bench: Bench, happen: () => void): void {
  bench.simulator.faults.loseUevents = 1;
  happen();
  bench.simulator.faults.loseUevents = 0;
}

const truthOf = (bench: Bench) => bench.runtime.tables.truth;

/** The heartbeat's fence shows the hole 10 s later at most; then a second, and another for the verdict. */
const SECONDS = 14_000;

describe('an event lost without notice', () => {
  const CASES: Array<[string, (bench: Bench) => void]> = [
    ['of a disk that came', (bench) => void addPath(bench, 1, 9)],
    ['of a disk that went', (bench) => bench.simulator.admin.removeDisk('sda')],
    ['of a map that was renamed', (bench) => bench.simulator.admin.renameMap('mpathb', 'renamed')],
    ['of a map that was removed', (bench) => bench.simulator.admin.removeMap('mpathb')],
    [
      'of a disk that went and another that got its name',
      (bench) => {
        bench.simulator.admin.removeMap('mpatha');
        bench.simulator.admin.removeDisk('sda');
        bench.simulator.admin.addDisk({ wwid: wwidOf(7), hcil: '9:0:0:7' });
      },
    ],
  ];

  it.each(CASES)('%s: found by a look within seconds, without a resync', async (_, happen) => {
    const bench = await startWithSan(2, 3);
    const { resyncs } = truthOf(bench);
    unseen(bench, () => happen(bench));
    await bench.run(SECONDS);
    expect(bench.view()).toEqual(bench.truth());
    expect(truthOf(bench).resyncs).toBe(resyncs);
    expect(truthOf(bench).gaps.looks).toBe(1);
  });

  it('is a counted loss, told with the device', async () => {
    const bench = await startWithSan(2, 3);
    unseen(bench, () => addPath(bench, 1, 9));
    await bench.run(SECONDS);
    expect(truthOf(bench).losses.gap).toBe(1);
    expect(truthOf(bench).gaps).toEqual({ numbers: 1, looks: 1, pauseMs: 5_000 });
    expect(bench.logs.filter(({ message }) => message.includes('(gap, 1): sdg had changed'))).toHaveLength(1);
  });

  it('removes nothing that is there: what a torn listing leaves out stays', async () => {
    const bench = await startWithSan(2, 3);
    bench.simulator.faults.add({
      operations: ['list', 'block-list'],
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: null,
      probability: 1,
    });
    bench.simulator.admin.useNumbersUp(1);
    await bench.run(60_000);
    expect(truthOf(bench).gaps.looks).toBeGreaterThan(1);
    bench.simulator.faults.clear();
    expect(bench.view()).toEqual(bench.truth());
  });

  it('is found even when the first looks fail', async () => {
    const bench = await startWithSan(2, 3);
    bench.simulator.faults.add({
      operations: ['block-list'],
      devices: null,
      outcome: { kind: 'errno', errno: 'ENOMEM' },
      times: 2,
      probability: 1,
    });
    unseen(bench, () => addPath(bench, 1, 9));
    await bench.run(SECONDS + 20_000);
    expect(truthOf(bench).losses.gap).toBe(1);
    expect(bench.view()).toEqual(bench.truth());
  });
});

describe('numbers that went elsewhere', () => {
  it('a million of them, bit by bit over an hour, make a bounded number of looks and no resync more', async () => {
    const bench = await startWithSan(2, 3);
    const { resyncs } = truthOf(bench);
    for (let second = 0; second < 3_600; second++) {
      bench.simulator.admin.useNumbersUp(278);
      bench.simulator.admin.foreignEvents(1);
      await bench.run(1_000);
    }
    const { gaps, losses } = truthOf(bench);
    expect(gaps.numbers).toBeGreaterThan(990_000);
    expect(gaps.pauseMs).toBe(320_000);
    expect(gaps.looks).toBeGreaterThan(6);
    expect(gaps.looks).toBeLessThan(20);
    expect(losses.gap).toBe(0);
    // Those without any sign of loss, every ten minutes.
    expect(truthOf(bench).resyncs - resyncs).toBeLessThanOrEqual(6);
    expect(bench.logs.filter(({ level }) => level === 'warning' || level === 'error')).toEqual([]);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('do not hide a loss among them for longer than the longest pause, and then looks come often again', async () => {
    const bench = await startWithSan(2, 3);
    for (let second = 0; second < 900; second++) {
      bench.simulator.admin.useNumbersUp(10);
      bench.simulator.admin.foreignEvents(1);
      await bench.run(1_000);
    }
    expect(truthOf(bench).gaps.pauseMs).toBeGreaterThan(100_000);
    const looks = truthOf(bench).gaps.looks;
    unseen(bench, () => addPath(bench, 1, 9));
    for (let second = 0; second < 330 && truthOf(bench).gaps.looks === looks; second++) {
      bench.simulator.admin.useNumbersUp(10);
      bench.simulator.admin.foreignEvents(1);
      await bench.run(1_000);
    }
    await bench.run(3_000);
    expect(truthOf(bench).losses.gap + (truthOf(bench).lastResync?.pathsAdded ?? 0)).toBe(1);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('after a quiet time the next hole is looked at soon', async () => {
    const bench = await startWithSan(1, 2);
    for (let second = 0; second < 120; second++) {
      bench.simulator.admin.useNumbersUp(1);
      bench.simulator.admin.foreignEvents(1);
      await bench.run(1_000);
    }
    expect(truthOf(bench).gaps.pauseMs).toBeGreaterThan(20_000);
    await bench.run(400_000);
    const { looks } = truthOf(bench).gaps;
    unseen(bench, () => addPath(bench, 1, 9));
    await bench.run(SECONDS);
    expect(truthOf(bench).gaps).toMatchObject({ looks: looks + 1, pauseMs: 5_000 });
    expect(truthOf(bench).losses.gap).toBe(1);
  });
});

describe('no look', () => {
  it('at events that only come in another order', async () => {
    const bench = await startWithSan(2, 3);
    bench.simulator.faults.reorderUevents = 0.5;
    for (let i = 0; i < 200; i++) {
      bench.simulator.admin.foreignEvents(5);
      await bench.run(100);
    }
    expect(truthOf(bench).gaps).toMatchObject({ numbers: 0, looks: 0 });
  });

  it('at what an overrun explains: the resync has seen to it', async () => {
    const bench = await startWithSan(2, 3, { simulator: { listener: { bufferBytes: 65_536 } } });
    bench.simulator.kernelListener.pause();
    bench.simulator.admin.foreignEvents(2_000);
    await bench.run(50);
    bench.simulator.kernelListener.resume();
    await bench.run(30_000);
    expect(truthOf(bench).losses.overrun).toBe(1);
    expect(truthOf(bench).gaps).toMatchObject({ numbers: 0, looks: 0 });
  });

  it('while a resync is under way that will show the same', async () => {
    const bench = await startWithSan(2, 3);
    bench.simulator.faults.add({
      operations: ['fence'],
      devices: null,
      outcome: { kind: 'hang' },
      times: 1,
      probability: 1,
    });
    bench.simulator.admin.useNumbersUp(3);
    bench.simulator.admin.foreignEvents(1);
    await bench.run(500);
    void bench.runtime.submit({ kind: 'resync' });
    await bench.run(3_000);
    bench.simulator.faults.release();
    await bench.run(20_000);
    expect(truthOf(bench).gaps).toMatchObject({ numbers: 3, looks: 0 });
  });

  it('before the first events have come', async () => {
    const bench = createBench();
    bench.simulator.admin.useNumbersUp(5_000);
    await bench.runtime.start();
    await bench.run(30_000);
    expect(truthOf(bench).gaps).toMatchObject({ numbers: 0, looks: 0 });
  });
});

describe('no loss', () => {
  it('is counted if the event comes after the look, late as it may be', async () => {
    // An event is read half a second after it was sent, so the look sees the disk before it is told of.
    const bench = await startWithSan(2, 3, { simulator: { listener: { readDelayMs: 500 } } });
    bench.simulator.admin.useNumbersUp(1);
    bench.simulator.admin.foreignEvents(1);
    const { gaps } = truthOf(bench);
    let looking = false;
    bench.simulator.faults.add({
      operations: ['list'],
      devices: null,
      outcome: { kind: 'late', ms: 100 },
      times: 1,
      probability: 1,
    });
    for (let i = 0; i < 5_000 && !looking; i++) {
      await bench.run(1);
      looking = truthOf(bench).gaps.looks > gaps.looks;
    }
    addPath(bench, 1, 9);
    await bench.run(300);
    expect(bench.runtime.tables.pathByName('sdg')).toBeDefined();
    expect(bench.simulator.kernelListener.socket()?.queued()).toBeGreaterThan(0);
    await bench.run(SECONDS);
    expect(truthOf(bench).gaps.looks).toBe(1);
    expect(truthOf(bench).losses.gap).toBe(0);
    expect(bench.truth().maps[uuidOfWwid(wwidOf(1))]?.paths).toHaveLength(4);
    expect(bench.view()).toEqual(bench.truth());
  });
});
