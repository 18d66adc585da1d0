import { memoryFile, type BindingsStore } from '../../src/daemon/bindingsStore';
import { addSan, bindingsOf, createRig, type Rig } from './rig';

/** A bindings file that answers after `ms` when it is asked for an alias. */
function slow(rig: () => Rig, ms: number): BindingsStore {
  const store = bindingsOf(memoryFile());
  return {
    read: (configured) => store.read(configured),
    bind: (order) => new Promise((resolve) => rig().scheduler.after(ms, () => resolve(store.bind(order)))),
  };
}

it.each([500, 3_000, 30_000])(
  'if the lock of the bindings file is held for %i ms, the map is made all the same, on fresh readings',
  async (ms) => {
    const rig: Rig = createRig({ bindings: slow(() => rig, ms) });
    addSan(rig, 1, 2);
    await rig.runtime.start();
    await rig.run(ms + 10_000);
    expect(Object.keys(rig.view().maps)).toHaveLength(1);
    expect(rig.view()).toEqual(rig.truth());
  },
);
