/** The daemon's memory: engine, runtime and journal on a simulated machine, without the memory of the machine. */
import { memoryFile } from '../../src/daemon/bindingsStore';
import { createJournal } from '../../src/daemon/journal/journal';
import { createRuntime } from '../../src/daemon/runtime';
import { createSimulator } from '../../src/simulator';
import { createVirtualScheduler } from '../simulator/virtualTime';
import { bindingsOf } from '../simulation/rig';
import { PATHS_PER_LUN } from './engineKernel';
import { wwidOf } from './largeSan';
import { filesOf } from '../configuration';

export interface MemoryFigures {
  heapBytes: number;
  /** Buffers with the journal's text. */
  outsideBytes: number;
}

/** Bytes in use after garbage collection. */
export async function usedMemory(): Promise<{ heap: number; outside: number }> {
  // Finalizers of buffers run between two collections.
  for (let i = 0; i < 3; i++) {
    global.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, outside: external };
}

export async function measureMemory(paths: number): Promise<MemoryFigures> {
  const scheduler = createVirtualScheduler();
  const simulator = createSimulator({ scheduler });
  for (let path = 0; path < PATHS_PER_LUN; path++) {
    for (let lun = 0; lun < paths / PATHS_PER_LUN; lun++) {
      simulator.admin.addDisk({ wwid: wwidOf(lun), hcil: `${path}:0:0:${lun}`, sizeSectors: 16_384 });
    }
  }
  await scheduler.run(1_000);
  const before = await usedMemory();
  const runtime = createRuntime({
    kernel: simulator.ports,
    bindings: bindingsOf(memoryFile()),
    ...filesOf(),
    udevPresent: true,
    journal: (engine) => createJournal(engine, 16 << 20),
    log: () => undefined,
    onReady: () => undefined,
  });
  await runtime.start();
  await scheduler.run(60_000);
  if (runtime.tables.paths.size !== paths || runtime.tables.maps.size !== paths / PATHS_PER_LUN)
    throw new Error('not all is there');
  const after = await usedMemory();
  void runtime.stop();
  return { heapBytes: after.heap - before.heap, outsideBytes: after.outside - before.outside };
}
