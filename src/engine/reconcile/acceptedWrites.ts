/**
 * A write that the kernel accepts and that does not show, as it prints otherwise what it was given, would be
 * asked for again with each reading. It is repeated, as the kernel's answer may have been late, but at a growing pause.
 */
import type { MultipathMap } from '../../model/map';
import { log, retryPause } from '../core/core';
import type { ReconcileContext } from './state';

const LONGEST_PAUSE_MS = 60_000;

type Kind = 'reload' | 'message';

/** Of each kind by itself: where one does not help, the other may be tried, and the two would take turns for ever. */
const keyOf = ({ uuid }: MultipathMap, kind: Kind): string => `${kind} ${uuid}`;

export function forgetAccepted(ctx: ReconcileContext, map: MultipathMap): void {
  for (const kind of ['reload', 'message'] as const) ctx.accepted.delete(keyOf(map, kind));
}

export function noteAccepted(ctx: ReconcileContext, map: MultipathMap, kind: Kind, order: string): void {
  const last = ctx.accepted.get(keyOf(map, kind));
  const times = last?.order === order ? last.times + 1 : 1;
  ctx.accepted.set(keyOf(map, kind), { order, at: ctx.store.now, times });
  if (times === 3)
    log(
      ctx,
      'warning',
      `the kernel accepted [${order}] but does not show it: mpathd repeats the write after ever longer pauses`,
      map.facts.name,
    );
}

/** Whether device-mapper took a table of ours within the last `ms`. */
export function wasReloadedWithin(ctx: ReconcileContext, map: MultipathMap, ms: number): boolean {
  const last = ctx.accepted.get(keyOf(map, 'reload'));
  return last !== undefined && ctx.store.now - last.at <= ms;
}

/** Whether the write may be repeated already; if not, a timer marks the LUN when it may. */
export function mayAskFor(ctx: ReconcileContext, map: MultipathMap, kind: Kind, order: string): boolean {
  const last = ctx.accepted.get(keyOf(map, kind));
  if (last?.order !== order) return true;
  const due = last.at + retryPause({ ...ctx.options, maxRetryMs: LONGEST_PAUSE_MS }, last.times);
  if (due <= ctx.store.now) return true;
  ctx.timers.setSooner(`work ${map.wwid}`, due);
  return false;
}
