/** What is under way to bring the maps to what is wanted, and what the files say of their names. */
import type { Binding } from '../../config/bindings';
import type { Wwid } from '../../model/identity';
import type { Ms } from '../../model/units';
import type { HealthContext } from '../health/state';
import type { ResyncContext } from '../resync/state';
import type { MapWork } from './mapWork';

/** What was accepted last, when (engine time, ms), and how often in a row. */
export interface Accepted {
  order: string;
  at: Ms;
  times: number;
}

export interface ReconcileState {
  readonly work: Map<Wwid, MapWork>;
  /** What device-mapper accepted last, by kind of write and UUID. */
  readonly accepted: Map<string, Accepted>;
  /** Writes that are not answered, by UUID: they may still be done, also to a map that was made anew meanwhile. */
  readonly writes: Map<string, number>;
  /** Maps that are to be loaded anew though nothing differs: an administrator has asked for it. */
  readonly reloadAnyway: Set<string>;
  /** Maps that somebody else reloaded last: their grouping is left as it is. */
  readonly reloadedByOthers: Set<string>;
  /** The wwids file. */
  readonly wwids: Set<Wwid>;
  /** WWIDs that the wwids file is to have and has not yet, with failed attempts. */
  readonly recording: Map<Wwid, number>;
  /** The bindings file: WWIDs by alias, and the first alias of each. */
  readonly bound: Map<string, Wwid>;
  readonly bindings: Map<Wwid, string>;
  /** The list that they were filled from. */
  bindingsFrom: readonly Binding[];
  /** Names that maps are to be given, by UUID. */
  readonly wantedNames: Map<string, string>;
  /** Names that were asked for by us and not seen yet, by UUID. */
  readonly givenNames: Map<string, string>;
  /** An administrator wants I/O queued also without the daemon, whatever is configured. */
  keepsQueueing: boolean;
  /** Of an orderly stop: which maps were told to queue no longer, by UUID, and that all is done. */
  readonly shutdown: { asked: Set<string>; done: boolean };
}

export type ReconcileContext = ResyncContext & HealthContext & ReconcileState;

/** Nothing is under way, and no file was read. */
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
    wantedNames: new Map(),
    givenNames: new Map(),
    keepsQueueing: false,
    shutdown: { asked: new Set(), done: false },
  };
}
