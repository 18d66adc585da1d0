/** A history: a machine, and what happens on it, as plain data that can be kept, shrunk and played again. */
import type { FindMultipaths, SettingValues } from '../../../src/config/settings';
import type { PathAnswer } from '../../../src/simulator/world';
import type { Operation } from '../../../src/simulator/faults';

export interface History {
  /** Of the simulated kernel's own dice: latencies, probabilities. */
  seed: number;
  machine: Machine;
  steps: Step[];
}

/** What is there before the daemon is started. */
export interface Machine {
  luns: number;
  /** Ports by which each LUN is reached: paths per LUN. */
  ports: number;
  udev: boolean;
  /**
   * Whether the kernel may fail to send events at all, which nothing but the periodic resync finds; else there is none.
   */
  silent: boolean;
  /** SO_RCVBUF of the uevent sockets, bytes. */
  bufferBytes: number;
  /** Bound of the time until the kernel acts, and until its answer arrives, ms. */
  latencyMs: number;
  /** What `defaults` says beyond the usual. */
  settings?: Partial<SettingValues> | null;
}

/** An action, and the virtual time until the next one, ms. */
export interface Step {
  action: Action;
  wait: number;
  /**
   * The daemon's reader is away meanwhile, and what else happens fills its socket: these events are lost in an overrun.
   */
  unheard?: boolean;
}

/** What can go wrong with the daemon's calls. */
export type Trouble =
  | { kind: 'errno'; errno: string; applied?: boolean }
  | { kind: 'late' | 'halfway'; ms: number }
  | { kind: 'hang' };

/**
 * `disk` and `map` are places in the list of what is there then, taken round; so that a history
 * still means something when shrinking has taken steps out of it. `lun` counts from 0.
 */
export type Action =
  // The fabric and the arrays.
  | { do: 'add-disk'; lun: number; port: number; slot: number; size: number }
  | { do: 'remove-disk'; disk: number; io: boolean }
  | { do: 'replace-disk'; disk: number; lun: number; size: number }
  | { do: 'answer'; disk: number; answer: PathAnswer; io: boolean }
  | { do: 'state'; disk: number; state: 'running' | 'offline' | 'blocked' }
  | { do: 'access'; disk: number; state: string }
  | { do: 'flap'; disk: number; ms: number }
  | { do: 'remap'; disk: number; lun: number; size: number }
  /**
   * The array alone; `sign`: what tells of it, a unit attention with the next command, the path's going down for a
   * moment, or nothing.
   */
  | { do: 'swap-lun'; disk: number; lun: number; size: number; sign: 'none' | 'luns' | 'inquiry' | 'down' }
  | { do: 'rescan'; disk: number }
  | { do: 'resize'; lun: number; size: number; all: boolean }
  | { do: 'read-only'; disk: number; on: boolean }
  | { do: 'claim'; disk: number; on: boolean }
  // Other tools and administrators.
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
   * Another multipath.conf, which counts from the next `reconfigure` or start on; the LUN, or the disk that has the
   * first name then, is blacklisted, and another has an alias.
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
  // The daemon itself.
  | { do: 'stop' }
  | { do: 'kill' }
  | { do: 'start' }
  | { do: 'jump'; ms: number }
  // Loss and failure.
  | { do: 'udev'; what: 'stop' | 'continue' | 'kill' | 'start' }
  | { do: 'udev-slow'; ms: number }
  | { do: 'udev-loss'; probability: number }
  | { do: 'listener'; away: boolean }
  | { do: 'listener-dies'; ms: number }
  | { do: 'flood'; count: number }
  /** The reader's buffer for one message: longer ones are cut. */
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

/** As it is kept in a file: a step a line. */
export function historyText({ seed, machine, steps }: History): string {
  const lines = steps.map((step) => `    ${JSON.stringify(step)}`).join(',\n');
  return `{\n  "seed": ${seed},\n  "machine": ${JSON.stringify(machine)},\n  "steps": [\n${lines}\n  ]\n}\n`;
}
