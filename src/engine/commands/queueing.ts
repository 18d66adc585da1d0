/** `disablequeueing` and `restorequeueing` of maps; `forcequeueing` and `restorequeueing` of the daemon. */
import { findMap, isAmbiguous } from '../../model/lookup';
import { wantsQueueing } from '../../policy/queueing';
import { type CoreContext, markForReconcile } from '../core/core';
import type { AdminResult } from '../protocol';
import { isQueueing, switchQueueing } from '../reconcile/queueing';
import type { ReconcileContext } from '../reconcile/state';
import { ambiguous, type Answer, type Conditions, type Handlers, notFound, OK, PATIENCE_MS } from './answer';

/** Comes true when the kernel queues, or does not queue, as it should. Maps that are gone do not count. */
export interface QueueingCondition {
  until: 'queueing-set';
  uuids: string[];
}

export const QUEUEING_COMMANDS = {
  'disable-queueing': (ctx, { map }) => setQueueing(ctx, map, true),
  'restore-queueing': (ctx, { map }) => setQueueing(ctx, map, false),
  'force-daemon-queueing': (ctx) => keepQueueing(ctx, true),
  'restore-daemon-queueing': (ctx) => keepQueueing(ctx, false),
} satisfies Partial<Handlers<ReconcileContext, QueueingCondition>>;

export const QUEUEING_CONDITIONS = {
  'queueing-set': { patienceMs: PATIENCE_MS, outcome: queueingSet },
} satisfies Conditions<ReconcileContext, QueueingCondition>;

/** `what` null: all maps. */
function setQueueing(ctx: CoreContext, what: string | null, off: boolean): Answer<QueueingCondition> {
  const one = what === null ? null : findMap(ctx.store, what);
  if (one === undefined) return notFound(what ?? '');
  if (what !== null && isAmbiguous(ctx.store, what)) return ambiguous(what);
  const maps = one === null ? [...ctx.store.maps.values()] : [one];
  for (const map of maps) {
    switchQueueing(map, off);
    markForReconcile(ctx, map.wwid);
  }
  return { until: 'queueing-set', uuids: maps.map(({ uuid }) => uuid) };
}

function queueingSet(ctx: CoreContext, { uuids }: QueueingCondition): AdminResult | null {
  for (const uuid of uuids) {
    const map = ctx.store.maps.get(uuid);
    const wanted = map === undefined ? null : wantsQueueing(map.queueing);
    if (map !== undefined && wanted !== null && wanted !== isQueueing(map)) return null;
  }
  return OK;
}

function keepQueueing(ctx: ReconcileContext, always: boolean): AdminResult {
  ctx.keepsQueueing = always;
  return OK;
}
