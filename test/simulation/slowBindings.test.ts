import { memoryFile, type BindingsStore } from '../../src/daemon/bindingsStore';
import { addSan, bindingsOf, createBench, type Bench } from './bench';

/** Asked for an alias, it answers after `ms`. */
function slow(bench: () => Bench, ms: number): BindingsStore {
  const store = bindingsOf(memoryFile());
  return {
    read: (configured) => store.read(configured),
    bind: (order) => new Promise((resolve) => bench().scheduler.after(ms, () => resolve(store.bind(order)))),
  };
}

it.each([500, 3_000, 30_000])(
  'a bindings file whose lock is held for %i ms: the map is made all the same, on fresh readings',
  async (ms) => {
    const bench: Bench = createBench({ bindings: slow(() => bench, ms) });
    addSan(bench, 1, 2);
    await bench.runtime.start();
    await bench.run(ms + 10_000);
    expect(Object.keys(bench.view().maps)).toHaveLength(1);
    expect(bench.view()).toEqual(bench.truth());
  },
);
