/** Writes to device-mapper: begun only here, one at a time per map, each with its reason in the log. */
import type { UdevHints } from '../../model/facts';
import type { MapOperation, MultipathMap } from '../../model/map';
import type { Ms, Seq } from '../../model/units';
import { log, retryPause } from '../core/core';
import type { ReconcileContext } from './state';

/** A table to be loaded, in the kernel's grammar. */
export interface TableOrder {
  sizeSectors: number;
  readOnly: boolean;
  params: string;
  udev: UdevHints;
}

export function reload(ctx: ReconcileContext, map: MultipathMap, order: TableOrder, reason: string): void {
  const id = begin(
    ctx,
    map,
    (common) => ({ kind: 'reload', ...common }),
    `${reason}: reload [${order.params}]`,
    reason,
  );
  map.ordered = order.params;
  ctx.effects.push({ type: 'reload-map', id, uuid: map.uuid, ...order });
}

export function rename(
  ctx: ReconcileContext,
  map: MultipathMap,
  to: string,
  reason: string,
  skipKpartx: boolean,
): void {
  const id = begin(ctx, map, (common) => ({ kind: 'rename', to, ...common }), `${reason}: rename to ${to}`, reason);
  ctx.givenNames.set(map.uuid, to);
  ctx.effects.push({ type: 'rename-map', id, uuid: map.uuid, to, skipKpartx });
}

/** Returns the operation's number. */
export function remove(ctx: ReconcileContext, map: MultipathMap, reason: string): number {
  const id = begin(ctx, map, (common) => ({ kind: 'remove', ...common }), `${reason}: remove the map`, reason);
  ctx.effects.push({ type: 'remove-map', id, uuid: map.uuid });
  return id;
}

export function message(ctx: ReconcileContext, map: MultipathMap, text: string, reason: string): void {
  const id = begin(ctx, map, (common) => ({ kind: 'message', message: text, ...common }), `${reason}: ${text}`, reason);
  ctx.effects.push({ type: 'message-map', id, uuid: map.uuid, message: text });
}

type Common = { id: number; asked: Seq; since: Ms; reason: string };

function begin(
  ctx: ReconcileContext,
  map: MultipathMap,
  make: (common: Common) => MapOperation,
  line: string,
  reason: string,
): number {
  const id = ctx.nextId++;
  ctx.writes.set(map.uuid, id);
  map.operation = make({ id, asked: ctx.seq, since: ctx.store.now, reason });
  // Each try of a write that keeps failing is no news.
  const work = ctx.work.get(map.wwid);
  const isRepeated = work?.phase === 'waiting' && work.write === map.operation.kind;
  log(ctx, isRepeated ? 'debug' : 'notice', line, map.facts.name);
  return id;
}

export function attemptsSoFar(ctx: ReconcileContext, wwid: string): number {
  return ctx.work.get(wwid)?.attempts ?? 0;
}

/** A write that failed, and how often in a row. */
type FailedWrite = { write: MapOperation['kind']; attempts: number; why: string };

/**
 * The next try has to wait, for `longest` ms at most; meanwhile nothing else is written for the LUN, but messages after
 * a table that was refused.
 */
export function holdBack(
  ctx: ReconcileContext,
  wwid: string,
  failed: FailedWrite,
  longest = ctx.options.maxRetryMs,
): void {
  const pause = Math.min(retryPause({ ...ctx.options, maxRetryMs: longest }, failed.attempts), longest);
  ctx.work.set(wwid, { phase: 'waiting', ...failed, retryAt: ctx.store.now + pause });
  ctx.timers.set(`work ${wwid}`, ctx.store.now + pause);
}

/** The kind of write that has failed and has to wait for its next try; null: none. */
export function heldBack(ctx: ReconcileContext, wwid: string): MapOperation['kind'] | null {
  const work = ctx.work.get(wwid);
  return work?.phase === 'waiting' && work.retryAt > ctx.store.now ? work.write : null;
}
