/** Writes to device-mapper: begun only here, one at a time per map, each with its reason in the log. */
import { describeFailure, type Failure, type Reading } from '../../model/failure';
import type { MapFacts } from '../../model/facts';
import { wwidOfUuid } from '../../model/identity';
import type { UdevHints } from '../../model/facts';
import type { MapOperation, MultipathMap } from '../../model/map';
import { log, retryPause, touch, type Context } from '../context';
import { applyMapReading } from '../inventory/maps';
import { requestBlock, requestList, requestMap } from '../core/questions';
import { noteAccepted } from './acceptedWrites';

/** A table to be loaded, in the kernel's grammar. */
export interface TableOrder {
  sizeSectors: number;
  readOnly: boolean;
  params: string;
  udev: UdevHints;
}

export function reload(ctx: Context, map: MultipathMap, order: TableOrder, reason: string): void {
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

export function rename(ctx: Context, map: MultipathMap, to: string, reason: string, skipKpartx: boolean): void {
  const id = begin(ctx, map, (common) => ({ kind: 'rename', to, ...common }), `${reason}: rename to ${to}`, reason);
  ctx.givenNames.set(map.uuid, to);
  ctx.effects.push({ type: 'rename-map', id, uuid: map.uuid, to, skipKpartx });
}

/** Returns the operation's number. */
export function remove(ctx: Context, map: MultipathMap, reason: string): number {
  const id = begin(ctx, map, (common) => ({ kind: 'remove', ...common }), `${reason}: remove the map`, reason);
  ctx.effects.push({ type: 'remove-map', id, uuid: map.uuid });
  return id;
}

export function message(ctx: Context, map: MultipathMap, text: string, reason: string): void {
  const id = begin(ctx, map, (common) => ({ kind: 'message', message: text, ...common }), `${reason}: ${text}`, reason);
  ctx.effects.push({ type: 'message-map', id, uuid: map.uuid, message: text });
}

type Common = { id: number; asked: number; since: number; reason: string };

function begin(
  ctx: Context,
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

/** The answer to a write. Whatever it says, what counts is the reading that follows. */
export function onOperationDone(ctx: Context, id: number, uuid: string, reading: Reading<MapFacts | null>): void {
  const map = ctx.store.maps.get(uuid);
  noteAnswered(ctx, id, uuid);
  const operation = map?.operation?.id === id ? map.operation : null;
  if (reading.ok) {
    if (map !== undefined && operation !== null && operation.kind === 'reload') map.counters.mapLoads += 1;
    if (map !== undefined) map.lastFailure = null;
    if (map !== undefined && operation?.kind === 'reload') noteAccepted(ctx, map, 'reload', map.ordered ?? '');
    if (map !== undefined && operation?.kind === 'message') noteAccepted(ctx, map, 'message', operation.message);
    if (map !== undefined && operation?.kind === 'remove') map.removed = true;
    // The map may have changed, or gone, between the kernel's answer and its arrival.
    if (reading.value !== null && operation !== null)
      applyMapReading(ctx, operation.asked, { uuid }, { ok: true, value: reading.value });
    // A message that went through says nothing about a table that the kernel refuses.
    if (map !== undefined && operation?.kind !== 'message') ctx.work.delete(map.wwid);
  } else if (map !== undefined && operation !== null) {
    onFailed(ctx, map, operation, reading.failure);
  }
  if (map === undefined) return;
  if (operation !== null) map.operation = null;
  touch(ctx, map.wwid);
  if (reading.ok && operation?.kind === 'remove') requestList(ctx);
  requestMap(ctx, { uuid });
}

/** The next write may begin: the map may have been made anew, or may have to be, while this one was out. */
export function noteAnswered(ctx: Context, id: number, uuid: string): void {
  if (ctx.writes.get(uuid) !== id) return;
  ctx.writes.delete(uuid);
  touch(ctx, wwidOfUuid(uuid));
}

function onFailed(ctx: Context, map: MultipathMap, operation: MapOperation, failure: Failure): void {
  const why = describeFailure(failure);
  map.lastFailure = why;
  const attempts = attemptsSoFar(ctx, map.wwid) + 1;
  holdBack(ctx, map.wwid, { write: operation.kind, attempts, why });
  const level = attempts === 1 || attempts % 30 === 0 ? 'error' : 'debug';
  log(
    ctx,
    level,
    `${operation.kind} failed (${why}), attempt ${attempts}; the map is as it was and is read again`,
    map.facts.name,
  );
  // A path in the table may have vanished meanwhile: look before the next try.
  for (const path of ctx.store.pathsOfWwid(map.wwid)) requestBlock(ctx, path.name);
}

export function attemptsSoFar(ctx: Context, wwid: string): number {
  return ctx.work.get(wwid)?.attempts ?? 0;
}

/** A write that failed, and how often in a row. */
type FailedWrite = { write: MapOperation['kind']; attempts: number; why: string };

/**
 * The next try has to wait, for `longest` ms at most; meanwhile nothing else is written for the LUN, but messages after
 * a table that was refused.
 */
export function holdBack(ctx: Context, wwid: string, failed: FailedWrite, longest = ctx.options.maxRetryMs): void {
  const pause = Math.min(retryPause({ ...ctx.options, maxRetryMs: longest }, failed.attempts), longest);
  ctx.work.set(wwid, { phase: 'waiting', ...failed, retryAt: ctx.store.now + pause });
  ctx.timers.set(`work ${wwid}`, ctx.store.now + pause);
}

/** The kind of write that has failed and has to wait for its next try; null: none. */
export function heldBack(ctx: Context, wwid: string): MapOperation['kind'] | null {
  const work = ctx.work.get(wwid);
  return work?.phase === 'waiting' && work.retryAt > ctx.store.now ? work.write : null;
}
