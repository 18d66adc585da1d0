/** `add map`, `del map`. */
import { uuidOfWwid, type Wwid } from '../../model/identity';
import { findMap, isAmbiguous } from '../../model/lookup';
import { markForReconcile } from '../core/core';
import { requestMap } from '../core/questions';
import type { InventoryContext } from '../inventory/state';
import type { AdminResult } from '../protocol';
import { findWwid } from '../reconcile/naming';
import type { ReconcileContext } from '../reconcile/state';
import { begin } from '../reconcile/writes';
import { ambiguous, type Answer, type Conditions, type Handlers, notFound, OK, PATIENCE_MS } from './answer';

interface MapMade {
  until: 'map-made';
  what: string;
  wwid: Wwid;
}

/** `id`: the removal that the command began. */
interface MapRemoved {
  until: 'map-removed';
  what: string;
  uuid: string;
  wwid: Wwid;
  id: number;
}

export type MapCondition = MapMade | MapRemoved;

export const MAP_COMMANDS = {
  'add-map': (ctx, { map }) => addMap(ctx, map),
  'del-map': (ctx, { map }) => delMap(ctx, map),
} satisfies Partial<Handlers<ReconcileContext, MapCondition>>;

export const MAP_CONDITIONS = {
  'map-made': { patienceMs: PATIENCE_MS, outcome: mapMade },
  'map-removed': { patienceMs: PATIENCE_MS, outcome: mapRemoved },
} satisfies Conditions<ReconcileContext, MapCondition>;

function addMap(ctx: ReconcileContext, what: string): Answer<MapMade> {
  const wwid = findWwid(ctx, what);
  if (wwid === null) return notFound(what);
  ctx.takenOutMaps.delete(wwid);
  ctx.wantedMaps.set(wwid, ctx.seq);
  ctx.work.delete(wwid);
  markForReconcile(ctx, wwid);
  requestMap(ctx, { uuid: uuidOfWwid(wwid) });
  return { until: 'map-made', what, wwid };
}

function mapMade(ctx: ReconcileContext, { what, wwid }: MapMade): AdminResult | null {
  const map = ctx.store.maps.get(uuidOfWwid(wwid));
  // A map that a listing lacks may be about to be made anew.
  const isThere = map !== undefined && map.missing.listedAt === null && map.missing.lookedUpAt === null;
  // Only a reading that was asked for after the command shows the map (noteRead). But a map that cannot be read counts
  // as existing.
  if (isThere && (!ctx.wantedMaps.has(wwid) || map.stale !== null)) return OK;
  const work = ctx.work.get(wwid);
  return work?.phase === 'waiting' ? { outcome: 'fail', reason: 'other', message: `${what}: ${work.why}` } : null;
}

function delMap(ctx: ReconcileContext, what: string): Answer<MapRemoved> {
  // `remove maps` names the maps by their UUIDs.
  const map = ctx.store.maps.get(what) ?? findMap(ctx.store, what);
  if (map === undefined) return notFound(what);
  if (isAmbiguous(ctx.store, what)) return ambiguous(what);
  if (ctx.writes.has(map.uuid)) {
    const busy = map.operation?.kind ?? 'an earlier write';
    return { outcome: 'fail', reason: 'other', message: `${map.facts.name}: busy with ${busy}; try again` };
  }
  const { uuid, wwid } = map;
  const id = begin(ctx, map, { kind: 'remove', reason: 'flushed by the administrator' });
  // The LUN is noted at once. Otherwise the map would be made again as soon as its absence is seen.
  ctx.takenOutMaps.add(wwid);
  return { until: 'map-removed', what, uuid, wwid, id };
}

function mapRemoved(ctx: InventoryContext, { what, uuid, wwid, id }: MapRemoved): AdminResult | null {
  const map = ctx.store.maps.get(uuid);
  if (map === undefined) return OK;
  if (map.operation?.id === id || map.lastFailure === null) return null;
  ctx.takenOutMaps.delete(wwid);
  const busy = map.lastFailure.includes('EBUSY');
  return { outcome: 'fail', reason: busy ? 'busy' : 'other', message: `${what}: ${map.lastFailure}` };
}
