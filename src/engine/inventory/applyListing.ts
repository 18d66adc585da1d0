/** Complete listings of device-mapper's devices: which maps are read again, and which are missing. */
import type { DmListing } from '../../model/facts';
import { describeFailure, type Reading } from '../../model/failure';
import type { MultipathMap } from '../../model/map';
import type { Seq } from '../../model/units';
import { type CoreContext, log, retryPause } from '../core/core';
import { listAnswered, requestList, requestMap } from '../core/questions';
import { differs, isOnBase, judge, lastSeenAt, listedAs, takeListing } from './listing';
import { noteMissing } from './maps';
import type { InventoryContext } from './state';

const NONE: ReadonlySet<string> = new Set();

/** Takes in a listing. The kernel makes it under one lock, so it is a consistent cut of all maps. */
export function onDmList(ctx: InventoryContext, asked: Seq, reading: Reading<DmListing>): void {
  listAnswered(ctx);
  if (!reading.ok) {
    log(
      ctx,
      'warning',
      `listing the maps failed (${describeFailure(reading.failure)}): no map entry changes; the maps are listed again`,
    );
    const attempts = (ctx.unread.get('list') ?? 0) + 1;
    ctx.unread.set('list', attempts);
    ctx.timers.set('list', ctx.store.now + retryPause(ctx.options, attempts));
    return;
  }
  // These changes build on a list that is older than the one at hand. They cannot be applied, so a whole list is asked
  // for.
  if (!isOnBase(ctx, reading.value)) return requestList(ctx);
  applyListing(ctx, asked, takeListing(ctx, asked, reading.value));
}

/**
 * `uuids`: the result of {@link takeListing}. `described`: the maps of which a reading came with the listing; no other
 * reading is asked for them.
 */
export function applyListing(ctx: InventoryContext, asked: Seq, uuids: Iterable<string>, described = NONE): void {
  ctx.unread.delete('list');
  const unlisted: MultipathMap[] = [];
  for (const uuid of uuids) {
    const map = ctx.store.maps.get(uuid);
    if (map !== undefined && listedAs(ctx, uuid) === undefined) unlisted.push(map);
    else if (!described.has(uuid)) compare(ctx, uuid, map);
    judge(ctx, uuid);
  }
  ctx.listing.at = ctx.seq;
  for (const map of unlisted) {
    if (asked >= lastSeenAt(ctx, map)) noteMissing(ctx, map, { listedAt: asked });
    else requestMap(ctx, { uuid: map.uuid });
  }
}

function compare(ctx: CoreContext, uuid: string, map: MultipathMap | undefined): void {
  const entry = listedAs(ctx, uuid);
  if (entry === undefined) return;
  if (map === undefined) return requestMap(ctx, { uuid });
  if (!differs(map, entry)) {
    map.missing = { listedAt: null, lookedUpAt: null };
    return;
  }
  suspectMiss(ctx, map, entry.eventNr);
  if (map.missing.lookedUpAt !== null) askLater(ctx, map);
  else requestMap(ctx, { uuid });
}

/**
 * A look-up has just denied what the listing shows. If the next look-up followed at once, this could go on without end.
 */
function askLater(ctx: CoreContext, map: MultipathMap): void {
  map.missing = { listedAt: null, lookedUpAt: null };
  ctx.timers.set(`map ${map.uuid}`, ctx.store.now + ctx.options.retryMs);
}

/**
 * The kernel broadcasts a map's uevents before it raises the event number (drivers/md/dm.c, event_callback). If the
 * number moved and no uevent comes within a second, the uevent was lost and nothing reported the loss.
 */
function suspectMiss(ctx: CoreContext, map: MultipathMap, eventNr: number): void {
  if (eventNr === map.facts.eventNr || map.eventAt > map.known) return;
  ctx.timers.setSooner(`miss ${map.uuid}`, ctx.store.now + 1_000);
  map.missDue = true;
}

/** A second has passed without the uevent that belongs to the event number. */
export function onSilentMiss(ctx: CoreContext, uuid: string): void {
  const map = ctx.store.maps.get(uuid);
  if (map === undefined) return;
  map.missDue = false;
  ctx.store.truth.counters.silentMisses += 1;
  log(ctx, 'info', 'its event number moved without a uevent: the map is read again', map.facts.name);
}
