import type { BindingsStore } from '../../daemon/bindingsStore';
import type { KernelPorts } from '../../kernel/ports';

/** A kernel to run on, real or simulated, with what belongs to it. */
export interface Base {
  kernel: KernelPorts;
  bindings: BindingsStore;
  udevPresent: boolean;
  /** Called once the daemon is ready. */
  settle(): void;
  /** Called when the daemon has stopped. */
  dispose(): void;
}
