/** A resync under way, a look at a hole in SEQNUM, and the audits that wait. */
import type { KernelSnapshot } from '../../model/facts';
import type { DevT, PathKey } from '../../model/identity';
import type { ResyncCause } from '../../model/tables';
import type { Ms, Seq } from '../../model/units';
import type { InventoryContext } from '../inventory/state';

export interface ResyncState {
  phase: 'idle' | 'draining' | 'fencing' | 'snapshot' | 'rechecking' | 'pausing';
  cause: ResyncCause | null;
  /** Something was lost since this resync began. */
  again: boolean;
  attempt: number;
  startedAt: Ms;
  token: number;
  /** UUID of the fence that is awaited (a resync's or the heartbeat's). */
  fence: string | null;
  /** The drain that decides about a fence that is late. */
  fenceDrain: number | null;
  /** The drop counter after the drain. */
  drops: number;
  /** Input number at which the snapshot was asked for. */
  pending: Seq | null;
  /** Audits' snapshots under way. */
  audits: number;
  taken?: { asked: Seq; at: Ms; snapshot: KernelSnapshot };
}

/** A device that the list shows otherwise than the tables. */
export interface Suspect {
  kind: 'path' | 'map';
  /** Path key or UUID. */
  id: PathKey | string;
  name: string;
  /** What the tables showed of it when the look was made. */
  before: string | null;
}

export interface GapState {
  /** Input number of the newest hole that no look was made for; null: none. */
  hintedAt: Seq | null;
  /** Input number at which the look under way was asked for, until its verdict; null: none is. */
  asked: Seq | null;
  /** Engine time, ms, at which it was. */
  lookedAt: Ms | null;
  /** A listing of this look failed. */
  failed: boolean;
  /** Until their verdict, less those of which an event has come. */
  readonly suspects: Map<DevT, Suspect>;
}

/** What proves the tables true. */
export interface ProofState {
  readonly resync: ResyncState;
  readonly gaps: GapState;
}

export type ResyncContext = InventoryContext & ProofState;

/** Nothing is under way. */
export function createProof(): ProofState {
  return {
    resync: {
      phase: 'idle',
      cause: null,
      again: false,
      attempt: 0,
      startedAt: 0,
      token: 0,
      fence: null,
      fenceDrain: null,
      drops: 0,
      pending: null,
      audits: 0,
    },
    gaps: { hintedAt: null, asked: null, lookedAt: null, failed: false, suspects: new Map() },
  };
}
