import { memoryFile } from '../../src/daemon/bindingsStore';
import { uuidOfWwid } from '../../src/model/identity';
import type { FaultRule } from '../../src/simulator/faults';
import { addPath, bindingsOf, startWithSan, wwidOf, type Rig } from './rig';

const LUN1 = uuidOfWwid(wwidOf(1));

/** Stops the daemon. The returned function tells whether the stop has ended. */
function stop(rig: Rig): () => boolean {
  let ended = false;
  void rig.runtime.stop().then(() => {
    ended = true;
  });
  return () => ended;
}

const dm = (rig: Rig) => [...rig.simulator.world.dmByName.values()];

describe('a daemon that is told to stop', () => {
  it.each<[FaultRule['operations'], (rig: Rig) => void]>([
    [['reload'], (rig) => rig.simulator.admin.removeDisk('sdb')],
    [['create'], (rig) => [0, 1].forEach((path) => addPath(rig, 2, path))],
    [['message'], (rig) => rig.simulator.admin.change('sdb', { answer: 'down' })],
  ])('%s: waits until the kernel has carried out its orders', async (operations, cause) => {
    const rig = await startWithSan(1, 2);
    rig.simulator.faults.add({ operations, devices: null, outcome: { kind: 'hang' }, times: 1, probability: 1 });
    cause(rig);
    await rig.run(10_000);
    const ended = stop(rig);
    await rig.run(1_000);
    expect(ended()).toBe(false);
    expect(rig.simulator.faults.release()).toBe(1);
    await rig.run(100);
    expect(ended()).toBe(true);
    expect(dm(rig).map(({ live, inactive, suspended }) => [live !== null, inactive !== null, suspended])).toEqual(
      dm(rig).map(() => [true, false, false]),
    );
  });

  it('begins nothing more: an alias that comes now makes no map', async () => {
    const store = bindingsOf(memoryFile());
    let delayMs = 0;
    const rig: Rig = await startWithSan(1, 2, {
      bindings: {
        read: (configured) => store.read(configured),
        bind: (order) =>
          delayMs === 0
            ? store.bind(order)
            : new Promise((resolve) => rig.scheduler.after(delayMs, () => resolve(store.bind(order)))),
      },
    });
    delayMs = 900;
    addPath(rig, 2, 0);
    addPath(rig, 2, 1);
    rig.simulator.faults.add({
      operations: ['reload'],
      devices: null,
      outcome: { kind: 'hang' },
      times: 1,
      probability: 1,
    });
    rig.simulator.admin.removeDisk('sdb');
    await rig.run(500);
    const ended = stop(rig);
    // In steps: the store answers by promises, and its answer would be late in virtual time otherwise.
    for (let passed = 0; passed < 2_000; passed += 100) await rig.run(100);
    expect(ended()).toBe(false);
    rig.simulator.faults.release();
    await rig.run(1_000);
    expect(ended()).toBe(true);
    expect(dm(rig).map(({ uuid }) => uuid)).toEqual([LUN1]);
  });
});
