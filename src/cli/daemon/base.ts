import type { BindingsStore } from '../../daemon/bindingsStore';
import type { ConfigurationSource } from '../../daemon/configurationSource';
import type { HintSource } from '../../daemon/transportWatcher/supervisor';
import type { CreationNotice } from '../../daemon/udevNotices';
import type { WwidsStore } from '../../daemon/wwidsStore';
import type { KernelPorts } from '../../kernel/ports';

/** A real or simulated kernel for the daemon, with the parts that belong to it. */
export interface Base {
  kernel: KernelPorts;
  bindings: BindingsStore;
  configuration: ConfigurationSource;
  wwids: WwidsStore;
  /** null: there is no udev to notify. */
  onCreation: CreationNotice | null;
  udevPresent: boolean;
  /** True if the kernel multipaths NVMe itself. */
  nativeNvme: boolean;
  /** null: there are no transport hints, or they are switched off. */
  hints: HintSource | null;
  /** The maps, by UUID, that a killed daemon left in the middle of a write. */
  interrupted: readonly string[];
  /** Called once the daemon is ready: protects it from a shortage of memory. */
  protect(): void;
  /** Called when the daemon has stopped. */
  dispose(): void;
}
