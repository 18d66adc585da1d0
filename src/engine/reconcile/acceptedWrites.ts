/**
 * Writes that the kernel accepts and whose effect does not show, because the kernel prints something else. Such a write
 * would be ordered again after each reading. It is repeated, since the kernel's answer may have been late, but after a
 * growing pause.
 */
import type { MultipathMap } from '../../model/map';
import { log, retryPause } from '../core/core';
import type { ReconcileContext } from './state';

const LONGEST_PAUSE_MS = 60_000;

type Kind = 'reload' | 'message';

/** Each kind has its own key. With one key for both, two kinds that do not help would take turns without end. */
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

/**
 * A write to the map that had this UUID before was answered. Writes name their map by UUID, so its last calls may have
 * met this one: a table that shows up now may be ours.
 */
export function noteWriteToPredecessor(ctx: ReconcileContext, map: MultipathMap): void {
  ctx.accepted.set(keyOf(map, 'reload'), { order: '', at: ctx.store.now, times: 1 });
}

/** True if device-mapper accepted a table of ours in the last `ms`. */
export function wasReloadedWithin(ctx: ReconcileContext, map: MultipathMap, ms: number): boolean {
  const last = ctx.accepted.get(keyOf(map, 'reload'));
  return last !== undefined && ctx.store.now - last.at <= ms;
}

/** True if the write may be repeated now. If not, a timer marks the LUN at the right time. */
export function mayAskFor(ctx: ReconcileContext, map: MultipathMap, kind: Kind, order: string): boolean {
  const last = ctx.accepted.get(keyOf(map, kind));
  if (last?.order !== order) return true;
  const due = last.at + retryPause({ ...ctx.options, maxRetryMs: LONGEST_PAUSE_MS }, last.times);
  if (due <= ctx.store.now) return true;
  ctx.timers.setSooner(`work ${map.wwid}`, due);
  return false;
}
