import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator';
import { createVirtualScheduler, type VirtualScheduler } from './virtualTime';
import type { Failure, Reading } from '../../src/model/failure';
import type { Uevent, UeventBatch } from '../../src/model/uevent';

export interface Machine extends Simulator {
  time: VirtualScheduler;
  batches: UeventBatch[];
  udevBatches: UeventBatch[];
  events(): Uevent[];
  /** Lets a second pass and returns the answer. */
  ask<T>(promise: Promise<T>): Promise<T>;
}

export function createMachine(options: Partial<SimulatorOptions> = {}): Machine {
  const time = createVirtualScheduler();
  const simulator = createSimulator({ scheduler: time, ...options });
  const batches: UeventBatch[] = [];
  const udevBatches: UeventBatch[] = [];
  simulator.ports.kernelUevents.start((b) => batches.push(b));
  simulator.ports.udevUevents?.start((b) => udevBatches.push(b));
  return {
    ...simulator,
    time,
    batches,
    udevBatches,
    events: () => batches.flatMap((b) => b.events),
    ask: async (promise) => {
      await time.run(1000);
      return promise;
    },
  };
}

export const WWID = (n: number): string => `3600a0980${n.toString(16).padStart(24, '0')}`;

export function addLun(machine: Simulator, lun: number, paths: number): string[] {
  return Array.from({ length: paths }, (_, n) => machine.admin.addDisk({ wwid: WWID(lun), hcil: `${n}:0:0:${lun}` }));
}

export const multipath = (params: string, sizeSectors = 16384) => ({
  type: 'multipath',
  params,
  sizeSectors,
  readOnly: false,
});

/** Two groups: 8:0 and 8:16, then 8:32. */
export const TWO_GROUPS = '0 1 alua 2 1 service-time 0 2 1 8:0 1 8:16 1 service-time 0 1 1 8:32 1';

export function valueOf<T>(reading: Reading<T>): T {
  if (!reading.ok) throw new Error(`${reading.failure.operation}: ${reading.failure.errno}`);
  return reading.value;
}

export function failureOf<T>(reading: Reading<T>): Failure {
  if (reading.ok) throw new Error('succeeded');
  return reading.failure;
}
