import type { BlockFacts, MapFacts } from './facts';
import type { DevT, Wwid } from './identity';
import type { Stale } from './path';
import type { MultipathStatus, MultipathTable } from './table';
import type { Ms, Seq } from './units';

/**
 * What is being done to a map right now. Work is serial per map. `asked`: input number at which it was ordered; its
 * answer may be as old.
 */
export type MapOperation =
  | { kind: 'create' | 'reload' | 'remove'; id: number; asked: Seq; since: Ms; reason: string }
  | { kind: 'rename'; id: number; asked: Seq; since: Ms; reason: string; to: string }
  | { kind: 'message'; id: number; asked: Seq; since: Ms; reason: string; message: string };

/** One multipath map that the kernel has. Keyed by its DM UUID; the name is an attribute. */
export interface MultipathMap {
  readonly uuid: string;
  readonly wwid: Wwid;
  /** The last complete reading. A map enters the table with its first one. */
  facts: MapFacts;
  /** Parsed from the facts; null if the device holds no (or not one) multipath target. */
  table: MultipathTable | null;
  status: MultipathStatus | null;
  stale: Stale | null;
  operation: MapOperation | null;
  /** Engine time, ms, at which it was first seen without a live table, or with one loaded and not live; else null. */
  halfMadeSince: Ms | null;
  /** Its event number moved, and the uevent that belongs to that is waited for. */
  missDue: boolean;
  /** We had it removed, or took back what we had begun to make; its absence is not proved yet. */
  removed: boolean;
  /** Parameters of the last table that we had loaded, whatever was answered: it may come into effect late. */
  lastLoaded: string | null;
  /** Why the last write failed, until one succeeds. */
  lastFailure: string | null;
  counters: MapCounters;
  /** Replaced as a whole, never changed in place; so is {@link failback}. */
  queueing: QueueingState;
  failback: FailbackState;
  /**
   * A path's facts by which sections for devices match the map, also after its last path is gone; null: none was known.
   */
  device: DeviceFacts | null;
  /** Evidence of absence so far, as input numbers. A removal needs both. */
  missing: { listedAt: Seq | null; lookedUpAt: Seq | null };
  /** Input number at which the newest applied reading was asked for. */
  known: Seq;
  /** Input number at which it was applied. */
  readAt: Seq;
  /** Input number at which an answer last showed it to be there: only what was asked for later can deny it. */
  seenAt: Seq;
  /** Input number of the newest event about this map. */
  eventAt: Seq;
}

/** What of a disk the configuration's sections for devices match. */
export type DeviceFacts = Pick<BlockFacts, 'bus' | 'vendor' | 'model' | 'revision' | 'transport'>;

/** `no_path_retry`: null: not set, queueing is left alone; a number is that many checks. */
export type NoPathRetry = null | 'fail' | 'queue' | number;

/** What becomes of I/O while no path is usable. */
export interface QueueingState {
  retry: NoPathRetry;
  /** With a number of checks, while no path is usable: since when, and until when I/O is queued (engine time, ms). */
  recovery: { since: Ms; until: Ms } | null;
  /** That time has run out: I/O fails until a path is usable. */
  exhausted: boolean;
  /**
   * Switched off whatever is configured: by an administrator, until he asks for it again, or with the last path, until
   * one is usable.
   */
  off: 'asked' | 'flushed' | null;
}

/** `failback`; a number is seconds. */
export type FailbackPolicy = 'manual' | 'immediate' | 'followover' | number;

/** When I/O goes back to the best group, and paths to the groups of their new priorities. */
export interface FailbackState {
  /** null: not known yet. */
  policy: FailbackPolicy | null;
  /** Deferred: engine time, ms, at which it is due. */
  dueAt: Ms | null;
  /** A path that came up as the first of its group, until what follows from that is done. */
  cameUp: DevT | null;
  /** Whatever the policy says, as the map was found, made or reconfigured just now. */
  anew: boolean;
  /** Engine time, ms, of the newest switch. */
  switchedAt: Ms | null;
}

/** `show maps stats`. */
export interface MapCounters {
  pathFaults: number;
  switchGroup: number;
  mapLoads: number;
  /** s, of the times that are over. */
  totalQueueTime: number;
  queueTimeouts: number;
  /** I/O was no longer queued, although no path was usable. */
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
