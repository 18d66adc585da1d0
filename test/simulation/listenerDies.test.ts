import { addPath, startWithSan } from './rig';

/** The socket is closed under the listener, and the messages in its queue are lost. */
describe('a listener that dies and is opened again', () => {
  it('sets the resync flag, with its cause: changes of the meantime are found', async () => {
    const rig = await startWithSan(3, 3);
    const { truth } = rig.runtime.tables;
    const { admin, kernelListener } = rig.simulator;
    const { resyncs } = truth;
    kernelListener.die(2_000);
    admin.removeDisk('sda');
    admin.renameMap('mpathb', 'renamed');
    admin.removeMap('mpathc');
    addPath(rig, 1, 9);
    await rig.run(1_900);
    expect(truth.losses['listener-restarted']).toBe(0);
    await rig.run(8_000);
    expect(truth.losses['listener-restarted']).toBe(1);
    expect(truth.resyncs).toBe(resyncs + 1);
    expect(truth.lastResync?.cause).toBe('listener-restarted');
    expect(
      rig.logs.map(({ message }) => message).filter((message) => message.includes('(listener-restarted, 1)')),
    ).toHaveLength(1);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('then listens as before', async () => {
    const rig = await startWithSan(2, 2);
    rig.simulator.kernelListener.die(100);
    await rig.run(5_000);
    const { resyncs, losses } = rig.runtime.tables.truth;
    rig.simulator.admin.removeDisk('sda');
    await rig.run(100);
    expect(rig.runtime.tables.pathByName('sda')).toBeUndefined();
    expect(rig.runtime.tables.truth).toMatchObject({ resyncs, losses });
  });

  it.each([
    ['draining', 0],
    ['later', 30],
  ])('in the middle of a resync (%s): no drain request is lost', async (_, after) => {
    const rig = await startWithSan(2, 3, { simulator: { listener: { readDelayMs: 20 } } });
    const { truth } = rig.runtime.tables;
    void rig.runtime.submit({ kind: 'resync' });
    await rig.run(after);
    rig.simulator.kernelListener.die(500);
    addPath(rig, 1, 9);
    await rig.run(9_000);
    expect(truth.phase).toBe('idle');
    expect(rig.logs.filter(({ message }) => message.includes('did not answer the drain request'))).toEqual([]);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('again and again: each death leads to one resync, and no existing device is forgotten', async () => {
    const rig = await startWithSan(2, 3);
    for (let i = 0; i < 5; i++) {
      rig.simulator.kernelListener.die(300);
      await rig.run(2_000);
      expect(Object.keys(rig.view().maps)).toHaveLength(2);
      expect(rig.view().paths).toHaveLength(6);
    }
    expect(rig.runtime.tables.truth.losses['listener-restarted']).toBe(5);
  });

  it('for the socket of udevd as well: records that were read meanwhile may be old', async () => {
    const rig = await startWithSan(2, 3);
    const { truth } = rig.runtime.tables;
    const { resyncs } = truth;
    rig.simulator.udevListener?.die(100);
    await rig.run(5_000);
    expect(truth.losses['listener-restarted']).toBe(1);
    expect(truth.resyncs).toBe(resyncs + 1);
  });

  it('is not opened again after the daemon has stopped', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.kernelListener.die(1_000);
    await rig.restart();
    await rig.run(5_000);
    expect(rig.runtime.tables.truth.losses['listener-restarted']).toBe(0);
    expect(rig.view()).toEqual(rig.truth());
  });
});
