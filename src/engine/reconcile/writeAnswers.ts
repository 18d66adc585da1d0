/** The answers to writes, and their consequences for the next writes. */
import type { MapFacts } from '../../model/facts';
import { describeFailure, type Failure, type Reading } from '../../model/failure';
import { wwidOfUuid } from '../../model/identity';
import type { MapOperation, MultipathMap } from '../../model/map';
import { log, markForReconcile } from '../core/core';
import { requestBlock, requestList, requestMap } from '../core/questions';
import { applyMapReading } from '../inventory/maps';
import { noteAccepted, noteWriteToPredecessor } from './acceptedWrites';
import type { ReconcileContext } from './state';
import { attemptsSoFar, holdBack } from './writes';

/** The answer to a write. Whatever it says, the reading that follows decides. */
export function onOperationDone(
  ctx: ReconcileContext,
  id: number,
  uuid: string,
  reading: Reading<MapFacts | null>,
): void {
  const map = ctx.store.maps.get(uuid);
  noteAnswered(ctx, id, uuid);
  const operation = map?.operation?.id === id ? map.operation : null;
  if (reading.ok) {
    if (map !== undefined && operation !== null && operation.kind === 'reload') map.counters.mapLoads += 1;
    if (map !== undefined) map.lastFailure = null;
    if (map !== undefined && operation?.kind === 'reload') noteAccepted(ctx, map, 'reload', map.lastLoaded ?? '');
    if (map !== undefined && operation?.kind === 'message') noteAccepted(ctx, map, 'message', operation.message);
    if (map !== undefined && operation?.kind === 'remove') map.removed = true;
    // The map may have changed, or gone, between the kernel's answer and its arrival.
    if (reading.value !== null && operation !== null)
      applyMapReading(ctx, operation.asked, { uuid }, { ok: true, value: reading.value });
    // A successful message says nothing about a table that the kernel refuses.
    if (map !== undefined && operation?.kind !== 'message') ctx.work.delete(map.wwid);
  } else if (map !== undefined && operation !== null) {
    onFailed(ctx, map, operation, reading.failure);
  }
  if (map === undefined) return;
  if (operation !== null) map.operation = null;
  else noteWriteToPredecessor(ctx, map);
  markForReconcile(ctx, map.wwid);
  if (reading.ok && operation?.kind === 'remove') requestList(ctx);
  requestMap(ctx, { uuid });
}

/** The next write may begin. The map may have been made anew while this write was under way, or may have to be. */
export function noteAnswered(ctx: ReconcileContext, id: number, uuid: string): void {
  if (ctx.writes.get(uuid) !== id) return;
  ctx.writes.delete(uuid);
  markForReconcile(ctx, wwidOfUuid(uuid));
}

function onFailed(ctx: ReconcileContext, map: MultipathMap, operation: MapOperation, failure: Failure): void {
  const why = describeFailure(failure);
  map.lastFailure = why;
  const attempts = attemptsSoFar(ctx, map.wwid) + 1;
  // Asked for by a configuration that is in force no more: the present one has its first try at once.
  if (operation.asked >= ctx.configuredAt) holdBack(ctx, map.wwid, { write: operation.kind, attempts, why });
  const level = attempts === 1 || attempts % 30 === 0 ? 'error' : 'debug';
  log(
    ctx,
    level,
    `${operation.kind} failed (${why}), attempt ${attempts}; the map is as it was and is read again`,
    map.facts.name,
  );
  // A path in the table may have vanished meanwhile, so the paths are read before the next try.
  for (const path of ctx.store.pathsOfWwid(map.wwid)) requestBlock(ctx, path.name);
}
