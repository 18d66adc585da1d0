/** `resync`. Every `reconfigure` ends with it, too. */
import type { AdminResult } from '../protocol';
import { requestResync } from '../resync/resync';
import type { ResyncContext } from '../resync/state';
import { type Conditions, type Handlers, OK } from './answer';

const RESYNC_PATIENCE_MS = 60_000;

/** Comes true when this number of resyncs was applied since the start. */
export interface ResyncCondition {
  until: 'resynced';
  resyncs: number;
}

export const RESYNC_COMMANDS = {
  resync: (ctx) => resyncNow(ctx),
} satisfies Partial<Handlers<ResyncContext, ResyncCondition>>;

export const RESYNC_CONDITIONS = {
  resynced: { patienceMs: RESYNC_PATIENCE_MS, outcome: resynced },
} satisfies Conditions<ResyncContext, ResyncCondition>;

export function resyncNow(ctx: ResyncContext): ResyncCondition {
  const before = ctx.store.truth.resyncs;
  // A resync under way may have read the kernel before the administrator's change, so one more follows.
  const needed = ctx.resync.phase === 'idle' ? 1 : 2;
  ctx.store.truth.losses.requested += 1;
  requestResync(ctx, 'requested');
  return { until: 'resynced', resyncs: before + needed };
}

function resynced(ctx: ResyncContext, { resyncs }: ResyncCondition): AdminResult | null {
  if (ctx.store.truth.resyncs >= resyncs) return OK;
  if (ctx.resync.phase === 'idle') requestResync(ctx, 'requested');
  return null;
}
