import { addPath, startWithSan } from './bench';

/** The socket is closed under the listener, and what was queued on it is gone. */
describe('a listener that dies and is opened again', () => {
  it('sets the resync flag, with its cause: what happened meanwhile is found', async () => {
    const bench = await startWithSan(3, 3);
    const { truth } = bench.runtime.tables;
    const { admin, kernelListener } = bench.simulator;
    const { resyncs } = truth;
    kernelListener.die(2_000);
    admin.removeDisk('sda');
    admin.renameMap('mpathb', 'renamed');
    admin.removeMap('mpathc');
    addPath(bench, 1, 9);
    await bench.run(1_900);
    expect(truth.losses['listener-restarted']).toBe(0);
    await bench.run(8_000);
    expect(truth.losses['listener-restarted']).toBe(1);
    expect(truth.resyncs).toBe(resyncs + 1);
    expect(truth.lastResync?.cause).toBe('listener-restarted');
    expect(
      bench.logs.map(({ message }) => message).filter((message) => message.includes('(listener-restarted, 1)')),
    ).toHaveLength(1);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('then listens as before', async () => {
    const bench = await startWithSan(2, 2);
    bench.simulator.kernelListener.die(100);
    await bench.run(5_000);
    const { resyncs, losses } = bench.runtime.tables.truth;
    bench.simulator.admin.removeDisk('sda');
    await bench.run(100);
    expect(bench.runtime.tables.pathByName('sda')).toBeUndefined();
    expect(bench.runtime.tables.truth).toMatchObject({ resyncs, losses });
  });

  it.each([
    ['draining', 0],
    ['later', 30],
  ])('in the middle of a resync (%s): no drain request is forgotten', async (_, after) => {
    const bench = await startWithSan(2, 3, { simulator: { listener: { readDelayMs: 20 } } });
    const { truth } = bench.runtime.tables;
    void bench.runtime.submit({ kind: 'resync' });
    await bench.run(after);
    bench.simulator.kernelListener.die(500);
    addPath(bench, 1, 9);
    await bench.run(9_000);
    expect(truth.phase).toBe('idle');
    expect(bench.logs.filter(({ message }) => message.includes('does not answer'))).toEqual([]);
    expect(bench.view()).toEqual(bench.truth());
  });

  it('again and again: one resync for each, and nothing that is there is forgotten', async () => {
    const bench = await startWithSan(2, 3);
    for (let i = 0; i < 5; i++) {
      bench.simulator.kernelListener.die(300);
      await bench.run(2_000);
      expect(Object.keys(bench.view().maps)).toHaveLength(2);
      expect(bench.view().paths).toHaveLength(6);
    }
    expect(bench.runtime.tables.truth.losses['listener-restarted']).toBe(5);
  });

  it("for udevd's socket as well: records that were read meanwhile may be old", async () => {
    const bench = await startWithSan(2, 3);
    const { truth } = bench.runtime.tables;
    const { resyncs } = truth;
    bench.simulator.udevListener?.die(100);
    await bench.run(5_000);
    expect(truth.losses['listener-restarted']).toBe(1);
    expect(truth.resyncs).toBe(resyncs + 1);
  });

  it('but not after the daemon has stopped', async () => {
    const bench = await startWithSan(1, 2);
    bench.simulator.kernelListener.die(1_000);
    await bench.restart();
    await bench.run(5_000);
    expect(bench.runtime.tables.truth.losses['listener-restarted']).toBe(0);
    expect(bench.view()).toEqual(bench.truth());
  });
});
