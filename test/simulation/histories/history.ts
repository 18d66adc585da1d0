/** A history: a machine and what happens on it, as plain data that can be kept, shrunk and played again. */
import type { FindMultipaths, SettingValues } from '../../../src/config/settings';
import type { PathAnswer } from '../../../src/simulator/world';
import type { FileName } from './files';
import type { Operation } from '../../../src/simulator/faults';

export interface History {
  /** The seed of the simulated kernel's random numbers: latencies, probabilities. */
  seed: number;
  machine: Machine;
  steps: Step[];
}

/** The machine before the daemon starts. */
export interface Machine {
  luns: number;
  /** The number of ports of each LUN, which is its number of paths. */
  ports: number;
  udev: boolean;
  /**
   * True if the kernel may fail to send events at all, which only the periodic resync finds. If false, there is no
   * periodic resync.
   */
  silent: boolean;
  /** SO_RCVBUF of the uevent sockets, bytes. */
  bufferBytes: number;
  /** Longest time, ms, until the kernel acts, and until its answer arrives. */
  latencyMs: number;
  /** True if udev's rules give all disks one ID_SERIAL when the machine starts. */
  lies?: boolean;
  /** Additional values of `defaults`. */
  settings?: Partial<SettingValues> | null;
}

/** An action, and the virtual time until the next one, ms. */
export interface Step {
  action: Action;
  wait: number;
  /**
   * True if the daemon's reader is away during the action, and other events fill its socket. An overrun loses the
   * events of the action.
   */
  unheard?: boolean;
}

export const WRITE_OPERATIONS = ['create', 'reload', 'rename', 'remove', 'message'] as const;
export type WriteOperation = (typeof WRITE_OPERATIONS)[number];

/** A fault of the daemon's calls. */
export type Trouble =
  | { kind: 'errno'; errno: string; applied?: boolean }
  | { kind: 'late' | 'halfway'; ms: number }
  | { kind: 'hang'; calls?: number };

/**
 * `disk` and `map` are places in the list of the present devices, modulo its length. So a history still makes sense
 * after shrinking has removed steps. `lun` counts from 0.
 */
export type Action =
  // Changes of the fabric and the arrays.
  | { do: 'add-disk'; lun: number; port: number; slot: number; size: number }
  | { do: 'remove-disk'; disk: number; io: boolean }
  | { do: 'replace-disk'; disk: number; lun: number; size: number }
  | { do: 'answer'; disk: number; answer: PathAnswer; io: boolean }
  | { do: 'state'; disk: number; state: 'running' | 'offline' | 'blocked' }
  | { do: 'access'; disk: number; state: string }
  | { do: 'flap'; disk: number; ms: number }
  | { do: 'remap'; disk: number; lun: number; size: number }
  /**
   * A change of the array alone. `sign`: what shows the change: a unit attention with the next command, a path that is
   * down for a moment, or nothing.
   */
  | { do: 'swap-lun'; disk: number; lun: number; size: number; sign: 'none' | 'luns' | 'inquiry' | 'down' }
  | { do: 'rescan'; disk: number }
  | { do: 'resize'; lun: number; size: number; all: boolean }
  | { do: 'read-only'; disk: number; on: boolean }
  | { do: 'claim'; disk: number; on: boolean }
  // Actions of other tools and administrators.
  | { do: 'trigger'; disk: number; event: string; count: number }
  | { do: 'rename-map'; map: number; name: number }
  | { do: 'swap-names'; map: number; other: number }
  | { do: 'remove-map'; map: number }
  | { do: 'remake-under-alias'; map: number; lun: number }
  | { do: 'reload-map'; map: number; keep: number; flip: boolean }
  | { do: 'make-map'; lun: number; name: number; table: boolean }
  | { do: 'suspend-map'; map: number }
  | { do: 'resume-map'; map: number }
  | { do: 'open-map'; map: number }
  | { do: 'close-map'; map: number }
  | {
      do: 'message-map';
      map: number;
      disk: number;
      message: 'fail_path' | 'reinstate_path' | 'queue_if_no_path' | 'fail_if_no_path';
    }
  | { do: 'bind'; lun: number; name: number }
  /**
   * A new multipath.conf, with effect from the next `reconfigure` or start on. It blacklists the LUN, or the disk that
   * then has the first name, and gives another LUN an alias.
   */
  | {
      do: 'configure';
      find: FindMultipaths;
      friendly: boolean;
      ban: 'nothing' | 'lun' | 'name';
      lun: number;
      alias: number | null;
    }
  | {
      do: 'command';
      command: 'add-path' | 'del-path' | 'add-map' | 'del-map' | 'resync' | 'reconfigure' | 'audit';
      at: number;
    }
  // Actions on the daemon itself.
  | { do: 'stop' }
  | { do: 'kill' }
  /** The daemon dies when its next such write has done so many of its system calls, and starts again after `ms`. */
  | { do: 'die-in-write'; operation: WriteOperation; calls: number; ms: number }
  | { do: 'start' }
  | { do: 'jump'; ms: number }
  /** Operations on the file take `ms` from now on; null: they hang until the files are released. */
  | { do: 'slow-file'; file: FileName; ms: number | null }
  | { do: 'release-files' }
  /** Users ask for so much at once, before the daemon hears of anything else. */
  | {
      do: 'command-flood';
      command: 'resync' | 'reconfigure' | 'audit' | 'add-map' | 'del-path';
      at: number;
      count: number;
    }
  | { do: 'show-flood'; count: number }
  // Losses and failures.
  | { do: 'udev'; what: 'stop' | 'continue' | 'kill' | 'start' }
  | { do: 'udev-slow'; ms: number }
  | { do: 'udev-loss'; probability: number }
  /** udev's rules give all disks one ID_SERIAL, or are right again; every disk gets a `change`. */
  | { do: 'udev-lies'; on: boolean }
  /** Another tool makes a map of all disks, whatever their LUNs are, under the ID_SERIAL that all of them have. */
  | { do: 'make-mixed-map' }
  | { do: 'listener'; away: boolean }
  | { do: 'listener-dies'; ms: number }
  | { do: 'flood'; count: number }
  /** The size of the reader's buffer for one message. Longer messages are cut. */
  | { do: 'message-buffer'; bytes: number }
  | { do: 'other-namespace'; count: number }
  | { do: 'lose'; probability: number }
  | { do: 'reorder'; probability: number }
  | {
      do: 'trouble';
      trouble: Trouble;
      operations: Operation[] | 'all';
      map: number | null;
      times: number;
      probability: number;
    }
  | { do: 'release' };

/** The text of a history in a file, with one line for each step. */
export function historyText({ seed, machine, steps }: History): string {
  const lines = steps.map((step) => `    ${JSON.stringify(step)}`).join(',\n');
  return `{\n  "seed": ${seed},\n  "machine": ${JSON.stringify(machine)},\n  "steps": [\n${lines}\n  ]\n}\n`;
}
