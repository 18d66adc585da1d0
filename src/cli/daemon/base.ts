import type { BindingsStore } from '../../daemon/bindingsStore';
import type { ConfigurationSource } from '../../daemon/configurationSource';
import type { HintSource } from '../../daemon/transportWatcher/supervisor';
import type { CreationNotice } from '../../daemon/udevNotices';
import type { WwidsStore } from '../../daemon/wwidsStore';
import type { KernelPorts } from '../../kernel/ports';

/** A kernel to run on, real or simulated, with what belongs to it. */
export interface Base {
  kernel: KernelPorts;
  bindings: BindingsStore;
  configuration: ConfigurationSource;
  wwids: WwidsStore;
  /** null: there is no udev to tell. */
  onCreation: CreationNotice | null;
  udevPresent: boolean;
  /** The kernel multipaths NVMe itself. */
  nativeNvme: boolean;
  /** null: no transport has anything to say, or it is switched off. */
  hints: HintSource | null;
  /** Called once the daemon is ready: protects it from a shortage of memory. */
  protect(): void;
  /** Called when the daemon has stopped. */
  dispose(): void;
}
