/** A scenario: a small SAN and the actions on it. docs/simulate.md describes the file format. */
import type { Operation } from './faults';
import type { PathAnswer } from './world';

/** ALUA states in the spelling of sysfs (drivers/scsi/scsi_sysfs.c). */
export const ACCESS_STATES = [
  'active/optimized',
  'active/non-optimized',
  'standby',
  'unavailable',
  'lba-dependent',
  'offline',
  'transitioning',
] as const;

/** The possible answers of a path to TEST UNIT READY. */
export const ANSWERS = ['up', 'down', 'ghost', 'transitioning', 'hangs'] as const satisfies readonly PathAnswer[];

export interface ScenarioPath {
  /** `H:C:T:L`. */
  hcil: string;
  /** The ALUA state in the spelling of sysfs; null: no ALUA. */
  access: string | null;
  preferred: boolean;
  answer: PathAnswer;
  /** False: the disk does not exist at the start. */
  present: boolean;
}

export interface ScenarioLun {
  name: string;
  wwid: string;
  sizeMiB: number;
  vendor: string;
  model: string;
  paths: ScenarioPath[];
  /** The name of a map that exists before the daemon starts. */
  map: string | null;
}

/** One path: a LUN by its name in the scenario, and the path's number in its list, from 0. */
export interface PathRef {
  lun: string;
  path: number;
}

export type Action =
  | ({ do: 'fail-path' | 'restore-path' | 'hang-path' | 'add-path' } & PathRef)
  | ({ do: 'remove-path'; io: boolean } & PathRef)
  | ({ do: 'flap-path'; downMs: number } & PathRef)
  | ({ do: 'set-state'; state: string } & PathRef)
  | ({ do: 'set-access'; access: string } & PathRef)
  | ({ do: 'remap-path'; to: string } & PathRef)
  | { do: 'add-lun' | 'remove-lun' | 'open-map' | 'close-map' | 'remove-map'; lun: string }
  | { do: 'resize-lun'; lun: string; sizeMiB: number }
  | { do: 'rename-map'; lun: string; name: string }
  | { do: 'swap-map-names'; lun: string; with: string }
  | { do: 'reload-map'; lun: string; paths: number[] }
  | { do: 'overrun'; events: number; awayMs: number }
  | { do: 'udev'; action: 'stop' | 'continue' | 'kill' | 'start' }
  | {
      do: 'fault';
      operations: Operation[] | 'all';
      lun: string | null;
      fault: ScenarioFault;
      times: number | null;
      probability: number;
    }
  | { do: 'clear-faults' };

export type ScenarioFault = { errno: string } | { lateMs: number } | { hang: true };

export interface Step {
  /** Seconds from the start of the round. */
  at: number;
  action: Action;
}

export interface Scenario {
  description: string;
  seed: number;
  /** SO_RCVBUF of the uevent sockets; the kernel doubles it. */
  bufferKiB: number;
  udev: boolean;
  /** The text of multipath.conf; null: the scenario has none. */
  config: string | null;
  luns: ScenarioLun[];
  /** The steps in order of time. */
  steps: Step[];
  /** The length of a round, seconds; null: the steps are played once. */
  repeatEvery: number | null;
}
