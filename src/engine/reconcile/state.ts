/** The state of the work that brings the maps to what is wanted, and what the files say of their names. */
import type { Binding } from '../../config/bindings';
import type { Wwid } from '../../model/identity';
import type { Ms } from '../../model/units';
import type { HealthContext } from '../health/state';
import type { ResyncContext } from '../resync/state';
import type { MapWork } from './mapWork';

/** The write that was accepted last, when (engine time, ms), and how often in a row. */
export interface Accepted {
  order: string;
  at: Ms;
  times: number;
}

export interface ReconcileState {
  readonly work: Map<Wwid, MapWork>;
  /** The writes that device-mapper accepted last, by kind of write and UUID. */
  readonly accepted: Map<string, Accepted>;
  /** Writes without an answer, by UUID. Such a write may still be done, also to a map that was made anew meanwhile. */
  readonly writes: Map<string, number>;
  /** Maps that are loaded anew without a difference, because an administrator asked for it. */
  readonly reloadAnyway: Set<string>;
  /** Maps that somebody else reloaded last. Their grouping stays as it is. */
  readonly reloadedByOthers: Set<string>;
  /** The WWIDs in the wwids file. */
  readonly wwids: Set<Wwid>;
  /** WWIDs that are still to be written to the wwids file, with the number of failed attempts. */
  readonly recording: Map<Wwid, number>;
  /** The bindings file: the WWID of each alias, and the first alias of each WWID. */
  readonly bound: Map<string, Wwid>;
  readonly bindings: Map<Wwid, string>;
  /** The list from which both were filled. */
  bindingsFrom: readonly Binding[];
  /**
   * Questions to the bindings file for the aliases of existing maps, by UUID, with their numbers. The maps are not held
   * up by them.
   */
  readonly naming: Map<string, number>;
  /** Names that maps are to get, by UUID. */
  readonly wantedNames: Map<string, string>;
  /** Names that mpathd has asked for and that no reading has shown yet, by UUID. */
  readonly givenNames: Map<string, string>;
  /** True if an administrator wants I/O queued also without the daemon, whatever is configured. */
  keepsQueueing: boolean;
  /** State of an orderly stop. `asked`: UUIDs of the maps whose queueing was ended. `done`: all is done. */
  readonly shutdown: { asked: Set<string>; done: boolean };
}

export type ReconcileContext = ResyncContext & HealthContext & ReconcileState;

/** The state before any work and before any file was read. */
export function createReconcile(): ReconcileState {
  return {
    work: new Map(),
    accepted: new Map(),
    writes: new Map(),
    reloadAnyway: new Set(),
    reloadedByOthers: new Set(),
    wwids: new Set(),
    recording: new Map(),
    bound: new Map(),
    bindings: new Map(),
    bindingsFrom: [],
    naming: new Map(),
    wantedNames: new Map(),
    givenNames: new Map(),
    keepsQueueing: false,
    shutdown: { asked: new Set(), done: false },
  };
}
