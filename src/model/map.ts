import type { BlockFacts, MapFacts } from './facts';
import type { DevT, Wwid } from './identity';
import type { Stale } from './path';
import type { MultipathStatus, MultipathTable } from './table';
import type { Ms, Seq } from './units';

/**
 * The operation that runs on a map. A map has at most one at a time. `asked`: the input number at which the engine
 * ordered it; its answer may be as old as this.
 */
export type MapOperation =
  | { kind: 'create' | 'reload' | 'remove'; id: number; asked: Seq; since: Ms; reason: string }
  | { kind: 'rename'; id: number; asked: Seq; since: Ms; reason: string; to: string }
  | { kind: 'message'; id: number; asked: Seq; since: Ms; reason: string; message: string };

/** One multipath map of the kernel. Its key is its DM UUID; the name is an attribute. */
export interface MultipathMap {
  readonly uuid: string;
  readonly wwid: Wwid;
  /** The last complete reading. A map enters the table with its first reading. */
  facts: MapFacts;
  /** Parsed from the facts; null if the device does not have exactly one multipath target. */
  table: MultipathTable | null;
  status: MultipathStatus | null;
  stale: Stale | null;
  operation: MapOperation | null;
  /**
   * Engine time, ms, at which the map was first seen without a live table, with a table that is loaded and not live, or
   * left suspended; else null.
   */
  halfMadeSince: Ms | null;
  /** True if the map was suspended when mpathd found it at its start, and no reading has shown it resumed. */
  leftSuspended: boolean;
  /** True if the map's event number moved and the engine waits for the uevent of this change. */
  missDue: boolean;
  /** True if we had it removed, or took back what we had begun to make, and its absence is not proved yet. */
  removed: boolean;
  /**
   * Parameters of the last table that mpathd asked to load, whatever the answer was: the table may come into effect
   * late.
   */
  lastLoaded: string | null;
  /** Why the last write failed; null after a write that succeeded. */
  lastFailure: string | null;
  counters: MapCounters;
  /** This object is replaced as a whole and never changed in place. So is {@link failback}. */
  queueing: QueueingState;
  failback: FailbackState;
  /**
   * The facts of a path by which `device` sections match the map, also after its last path is gone; null: no path was
   * known.
   */
  device: DeviceFacts | null;
  /** The evidence of absence so far, as input numbers. A removal needs both halves. */
  missing: { listedAt: Seq | null; lookedUpAt: Seq | null };
  /** Input number of the question whose answer is the newest applied reading. */
  known: Seq;
  /** Input number at which this reading was applied. */
  readAt: Seq;
  /**
   * Input number at which an answer last showed that the map exists. Only an answer to a later question can deny this.
   */
  seenAt: Seq;
  /** Input number of the newest event about this map. */
  eventAt: Seq;
}

/** The facts of a disk that the configuration's `device` sections match. */
export type DeviceFacts = Pick<BlockFacts, 'bus' | 'vendor' | 'model' | 'revision' | 'transport'>;

/** `no_path_retry`. null: not set, so mpathd does not change queueing. A number: so many checks. */
export type NoPathRetry = null | 'fail' | 'queue' | number;

/** The state of a map's queueing, which decides about I/O while no path is usable. */
export interface QueueingState {
  retry: NoPathRetry;
  /**
   * If `retry` is a number and no path is usable: the begin and end of the time in which I/O is queued (engine time,
   * ms).
   */
  recovery: { since: Ms; until: Ms } | null;
  /** True if this time has run out: I/O fails until a path is usable. */
  exhausted: boolean;
  /**
   * Not null if queueing is off whatever the configuration says. `asked`: an administrator switched it off, until he
   * switches it on again. `flushed`: it was switched off with the loss of the last path, until a path is usable.
   */
  off: 'asked' | 'flushed' | null;
}

/** `failback`; a number is seconds. */
export type FailbackPolicy = 'manual' | 'immediate' | 'followover' | number;

/** The state that decides when I/O goes back to the best group, and paths go to the groups of their new priorities. */
export interface FailbackState {
  /** null: the policy is not known yet. */
  policy: FailbackPolicy | null;
  /** For a deferred failback: the engine time, ms, at which it is due. */
  dueAt: Ms | null;
  /** A path that came up as the first of its group, until the engine has reacted to this. */
  cameUp: DevT | null;
  /** True if the map was just found, made or reconfigured: then failback happens whatever the policy is. */
  anew: boolean;
  /** Engine time, ms, of the newest switch. */
  switchedAt: Ms | null;
}

/** `show maps stats`. */
export interface MapCounters {
  pathFaults: number;
  switchGroup: number;
  mapLoads: number;
  /** The sum of the queueing times that are over, s. */
  totalQueueTime: number;
  queueTimeouts: number;
  /** How often queueing ended although no path was usable. */
  mapFailures: number;
}

export function noQueueing(): QueueingState {
  return { retry: null, recovery: null, exhausted: false, off: null };
}

export function newFailback(): FailbackState {
  return { policy: null, dueAt: null, cameUp: null, anew: true, switchedAt: null };
}

export function noCounts(): MapCounters {
  return { pathFaults: 0, switchGroup: 0, mapLoads: 0, totalQueueTime: 0, queueTimeouts: 0, mapFailures: 0 };
}
