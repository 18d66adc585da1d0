/** The base of all rooms of the engine: the tables, the time, the effects of this step, and the queue for reconcile. */
import type { Failure } from '../../model/failure';
import type { Wwid } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Path, Stale } from '../../model/path';
import type { Seq } from '../../model/units';
import type { Effect, LogLevel } from '../protocol';
import type { Change } from './changes';
import type { QuestionKey, TimerKey } from './keys';
import { emptyListing, type Listing } from './listing';
import type { EngineOptions } from './options';
import { createTableStore, type TableStore } from './tableStore';
import { createTimers, type Timers } from './timers';

/** The state of the core. */
export interface CoreContext {
  readonly options: EngineOptions;
  readonly store: TableStore;
  readonly timers: Timers<TimerKey>;
  /** Number of the input that the engine works on. These numbers order all knowledge. */
  seq: Seq;
  effects: Effect[];
  /** Entries that this step has changed. The invariants are checked on them. */
  readonly changed: { paths: Set<Path>; maps: Set<MultipathMap> };
  /** Number of the next write, drain or fence. */
  nextId: number;
  /** LUNs that are reconciled at the end of this step. */
  readonly toReconcile: Set<Wwid>;
  /** LUNs that needed nothing when they were last reconciled, and that have not changed since. */
  readonly settled: Set<Wwid>;
  /** The readings under way, at most one for each device. */
  readonly reads: Map<QuestionKey, PendingRead>;
  /** Disks and maps that an event named and no reading has described yet, with the number of failed attempts. */
  readonly unread: Map<QuestionKey, number>;
  /** Identities that were removed on evidence, with the input number. Readings that were asked for earlier are void. */
  readonly tombstones: Map<string, Seq>;
  /** All devices of device-mapper at the last complete listing. */
  readonly listing: Listing;
  /** Hands a change of the tables at once to the rooms that hear of it (react.ts). */
  readonly announce: (change: Change) => void;
}

/** A reading under way. `again`: something happened after it was asked for. */
export interface PendingRead {
  asked: Seq;
  again: boolean;
}

/** The core of an engine that knows nothing yet. */
export function createCore(options: EngineOptions, announce: CoreContext['announce']): CoreContext {
  return {
    options,
    store: createTableStore(),
    timers: createTimers(),
    seq: 0,
    effects: [],
    changed: { paths: new Set(), maps: new Set() },
    nextId: 1,
    toReconcile: new Set(),
    settled: new Set(),
    reads: new Map(),
    unread: new Map(),
    tombstones: new Map(),
    listing: emptyListing(),
    announce,
  };
}

export function log(ctx: CoreContext, level: LogLevel, message: string, device?: string): void {
  ctx.effects.push(device === undefined ? { type: 'log', level, message } : { type: 'log', level, message, device });
}

/** Marks a LUN for reconciliation at the end of this step. */
export function markForReconcile(ctx: CoreContext, wwid: Wwid | null): void {
  if (wwid === null) return;
  ctx.toReconcile.add(wwid);
  ctx.settled.delete(wwid);
}

/**
 * Marks a LUN after a reading that gave no news. If the LUN is not settled, its work may have waited for this reading.
 */
export function markUnlessSettled(ctx: CoreContext, wwid: Wwid | null): void {
  if (wwid !== null && !ctx.settled.has(wwid)) ctx.toReconcile.add(wwid);
}

/** The entry's state after one more failed reading: it is kept, shown, and due again after a growing pause. */
export function nextStale(ctx: CoreContext, before: Stale | null, failure: Failure): Stale {
  const attempts = (before?.attempts ?? 0) + 1;
  return {
    failure,
    attempts,
    since: before?.since ?? ctx.store.now,
    retryAt: ctx.store.now + retryPause(ctx.options, attempts),
  };
}

/** Pause before attempt `attempts + 1`, ms. It doubles each time. */
export function retryPause(options: EngineOptions, attempts: number): number {
  return Math.min(options.retryMs * 2 ** Math.min(attempts - 1, 16), options.maxRetryMs);
}
