import type { MapFacts } from './facts';
import type { Wwid } from './identity';
import type { Stale } from './path';
import type { MultipathStatus, MultipathTable } from './table';

/** What is being done to a map right now. Work is serial per map. `asked`: input number at which it was ordered; its answer may be as old. */
export type MapOperation =
  | { kind: 'create' | 'reload' | 'remove'; id: number; asked: number; since: number; reason: string }
  | { kind: 'rename'; id: number; asked: number; since: number; reason: string; to: string }
  | { kind: 'message'; id: number; asked: number; since: number; reason: string; message: string };

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
  halfMadeSince: number | null;
  /** The kernel said that it removed it for us; its absence is not proved yet. */
  removed: boolean;
  /** Parameters of the last table that we had loaded, whatever was answered: it may come into effect late. */
  ordered: string | null;
  /** Why the last write failed, until one succeeds. */
  lastFailure: string | null;
  counters: MapCounters;
  /** Evidence of absence so far: input numbers; both are needed (design section 3, rule 2). */
  missing: { listedAt: number | null; lookedUpAt: number | null };
  /** Input number at which the newest applied reading was asked for. */
  known: number;
  /** Input number at which it was applied. */
  readAt: number;
  /** Input number at which an answer last showed it to be there: only what was asked for later can deny it. */
  seenAt: number;
  /** Input number of the newest event about this map. */
  eventAt: number;
}

/** `show maps stats`. */
export interface MapCounters {
  pathFaults: number;
  switchGroup: number;
  mapLoads: number;
  totalQueueTime: number;
  queueTimeouts: number;
}
