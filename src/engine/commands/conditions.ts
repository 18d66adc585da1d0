/** What administrators' commands wait for: plain data, so that a waiting command is part of a checkpoint. */
import { uuidOfWwid } from '../../model/identity';
import { devicePart, findPath } from '../../model/lookup';
import { wantsQueueing } from '../../policy/queueing';
import type { CoreContext } from '../core/core';
import { blockPending } from '../core/questions';
import { holdersOf } from '../inventory/membership';
import type { InventoryContext } from '../inventory/state';
import type { AdminResult } from '../protocol';
import { isQueueing } from '../reconcile/queueing';
import type { ReconcileContext } from '../reconcile/state';
import { requestResync } from '../resync/resync';
import type { ResyncContext } from '../resync/state';
import type { Condition } from './state';

type Of<U extends Condition['until']> = Extract<Condition, { until: U }>;

const OK: AdminResult = { outcome: 'ok' };

export function notFound(what: string): AdminResult {
  return { outcome: 'fail', reason: 'not-found', message: `${what}: device not found` };
}

/** The answer once there is one. */
export function outcomeOf(ctx: ReconcileContext, condition: Condition): AdminResult | null {
  switch (condition.until) {
    case 'resynced':
      return resynced(ctx, condition);
    case 'path-added':
      return pathAdded(ctx, condition);
    case 'disk-released':
      return diskReleased(ctx, condition);
    case 'queueing-set':
      return queueingSet(ctx, condition);
    case 'map-made':
      return mapMade(ctx, condition);
    case 'map-removed':
      return mapRemoved(ctx, condition);
  }
}

function resynced(ctx: ResyncContext, { resyncs }: Of<'resynced'>): AdminResult | null {
  if (ctx.store.truth.resyncs >= resyncs) return OK;
  if (ctx.resync.phase === 'idle') requestResync(ctx, 'requested');
  return null;
}

function pathAdded(ctx: CoreContext, { what, asked }: Of<'path-added'>): AdminResult | null {
  const path = findPath(ctx.store, what);
  if (path === undefined) return blockPending(ctx, devicePart(what)) ? null : notFound(what);
  if (path.known < asked) return null;
  if (path.init === 'excluded') return { outcome: 'text', text: 'blacklisted\n' };
  if (path.init === 'failed') return { outcome: 'fail', reason: 'other', message: `${path.name}: ${path.reason}` };
  if (path.init !== 'ok') return null;
  return path.map !== null || !ctx.store.maps.has(uuidOfWwid(path.wwid ?? '')) ? OK : null;
}

function diskReleased(ctx: InventoryContext, { what, devt, uuid }: Of<'disk-released'>): AdminResult | null {
  if (uuid === null || !holdersOf(ctx, devt).has(uuid)) return OK;
  const failure = ctx.store.maps.get(uuid)?.lastFailure ?? null;
  return failure === null ? null : { outcome: 'fail', reason: 'other', message: `${what}: ${failure}` };
}

function queueingSet(ctx: CoreContext, { uuids }: Of<'queueing-set'>): AdminResult | null {
  for (const uuid of uuids) {
    const map = ctx.store.maps.get(uuid);
    const wanted = map === undefined ? null : wantsQueueing(map.queueing);
    if (map !== undefined && wanted !== null && wanted !== isQueueing(map)) return null;
  }
  return OK;
}

function mapMade(ctx: ReconcileContext, { what, wwid }: Of<'map-made'>): AdminResult | null {
  const map = ctx.store.maps.get(uuidOfWwid(wwid));
  // Missing from a listing: it may be about to be made anew.
  const isThere = map !== undefined && map.missing.listedAt === null && map.missing.lookedUpAt === null;
  // Only a look after the question tells (noteRead); but one that cannot be read is there, for all that is known.
  if (isThere && (!ctx.wantedMaps.has(wwid) || map.stale !== null)) return OK;
  const work = ctx.work.get(wwid);
  return work?.phase === 'waiting' ? { outcome: 'fail', reason: 'other', message: `${what}: ${work.why}` } : null;
}

function mapRemoved(ctx: InventoryContext, { what, uuid, wwid, id }: Of<'map-removed'>): AdminResult | null {
  const map = ctx.store.maps.get(uuid);
  if (map === undefined) return OK;
  if (map.operation?.id === id || map.lastFailure === null) return null;
  ctx.takenOutMaps.delete(wwid);
  const busy = map.lastFailure.includes('EBUSY');
  return { outcome: 'fail', reason: busy ? 'busy' : 'other', message: `${what}: ${map.lastFailure}` };
}
