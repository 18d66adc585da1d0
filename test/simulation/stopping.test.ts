import { memoryFile } from '../../src/daemon/bindingsStore';
import { uuidOfWwid } from '../../src/model/identity';
import type { FaultRule } from '../../src/simulator/faults';
import { addPath, bindingsOf, startWithSan, wwidOf, type Bench } from './bench';

const LUN1 = uuidOfWwid(wwidOf(1));

/** A stop, and whether it has come to its end. */
function stop(bench: Bench): () => boolean {
  let ended = false;
  void bench.runtime.stop().then(() => {
    ended = true;
  });
  return () => ended;
}

const dm = (bench: Bench) => [...bench.simulator.world.dmByName.values()];

describe('a daemon that is told to stop', () => {
  it.each<[FaultRule['operations'], (bench: Bench) => void]>([
    [['reload'], (bench) => bench.simulator.admin.removeDisk('sdb')],
    [['create'], (bench) => [0, 1].forEach((path) => addPath(bench, 2, path))],
    [['message'], (bench) => bench.simulator.admin.change('sdb', { answer: 'down' })],
  ])('%s: waits until the kernel has done what it was asked for', async (operations, cause) => {
    const bench = await startWithSan(1, 2);
    bench.simulator.faults.add({ operations, devices: null, outcome: { kind: 'hang' }, times: 1, probability: 1 });
    cause(bench);
    await bench.run(10_000);
    const ended = stop(bench);
    await bench.run(1_000);
    expect(ended()).toBe(false);
    expect(bench.simulator.faults.release()).toBe(1);
    await bench.run(100);
    expect(ended()).toBe(true);
    expect(dm(bench).map(({ live, inactive, suspended }) => [live !== null, inactive !== null, suspended])).toEqual(
      dm(bench).map(() => [true, false, false]),
    );
  });

  it('begins nothing more meanwhile: a name that comes now makes no map', async () => {
    const store = bindingsOf(memoryFile());
    let delayMs = 0;
    const bench: Bench = await startWithSan(1, 2, {
      bindings: {
        read: (configured) => store.read(configured),
        bind: (order) =>
          delayMs === 0
            ? store.bind(order)
            : new Promise((resolve) => bench.scheduler.after(delayMs, () => resolve(store.bind(order)))),
      },
    });
    delayMs = 900;
    addPath(bench, 2, 0);
    addPath(bench, 2, 1);
    bench.simulator.faults.add({
      operations: ['reload'],
      devices: null,
      outcome: { kind: 'hang' },
      times: 1,
      probability: 1,
    });
    bench.simulator.admin.removeDisk('sdb');
    await bench.run(500);
    const ended = stop(bench);
    // In steps, or the answer of the store, which comes by promises, would be late in virtual time.
    for (let passed = 0; passed < 2_000; passed += 100) await bench.run(100);
    expect(ended()).toBe(false);
    bench.simulator.faults.release();
    await bench.run(1_000);
    expect(ended()).toBe(true);
    expect(dm(bench).map(({ uuid }) => uuid)).toEqual([LUN1]);
  });
});
