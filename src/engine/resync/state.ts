/** State of the resync and of the look under way, and of the audits that wait. */
import type { KernelSnapshot } from '../../model/facts';
import type { DevT, PathKey } from '../../model/identity';
import type { ResyncCause } from '../../model/tables';
import type { Ms, Seq } from '../../model/units';
import type { InventoryContext } from '../inventory/state';

export interface ResyncState {
  phase: 'idle' | 'draining' | 'fencing' | 'snapshot' | 'rechecking' | 'pausing';
  cause: ResyncCause | null;
  /** True if something was lost since this resync began. */
  again: boolean;
  attempt: number;
  startedAt: Ms;
  token: number;
  /** UUID of the fence that the engine waits for (of a resync or the heartbeat). */
  fence: string | null;
  /** The drain that decides about a late fence. */
  fenceDrain: number | null;
  /** The drop counter after the drain. */
  drops: number;
  /** Input number at which the snapshot was asked for. */
  pending: Seq | null;
  /** The number of snapshots under way for audits. */
  audits: number;
  taken?: { asked: Seq; at: Ms; snapshot: KernelSnapshot };
}

/** A device on which the list and the tables differ. */
export interface Suspect {
  kind: 'path' | 'map';
  /** Key of the path, or UUID of the map. */
  id: PathKey | string;
  name: string;
  /** What the tables showed of the device at the time of the look; null: nothing. */
  before: string | null;
}

export interface GapState {
  /** Input number of the newest hole for which no look was made; null: there is none. */
  hintedAt: Seq | null;
  /** Input number at which the look under way was asked for, until its verdict; null: no look is under way. */
  asked: Seq | null;
  /** Engine time, ms, at which the newest look was asked for. */
  lookedAt: Ms | null;
  /** True if a listing of this look failed. */
  failed: boolean;
  /** Suspects until their verdict. An event about a suspect removes it. */
  readonly suspects: Map<DevT, Suspect>;
}

/** State of what proves that the tables are right. */
export interface ProofState {
  readonly resync: ResyncState;
  readonly gaps: GapState;
}

export type ResyncContext = InventoryContext & ProofState;

/** The state before anything is under way. */
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
