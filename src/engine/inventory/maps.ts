/** Events and readings about device-mapper: how maps enter, change and leave the map table. */
import type { DmListEntry, MapFacts } from '../../model/facts';
import { describeFailure, type Failure, type Reading } from '../../model/failure';
import { wwidOfUuid } from '../../model/identity';
import { type MultipathMap, newFailback, noCounts, noQueueing, WRITER_IS_DEAD } from '../../model/map';
import { sameMapState } from '../../model/sameFacts';
import type { Uevent } from '../../model/uevent';
import type { Ms, Seq } from '../../model/units';
import { parseStatus, parseTable } from '../../policy/table';
import { type CoreContext, log, markForReconcile, markUnlessSettled, nextStale, retryPause } from '../core/core';
import { type MapAddress, mapKey } from '../core/keys';
import { mapAnswered, requestList, requestMap } from '../core/questions';
import { bury, isBuried } from '../core/tombstones';
import { isDoubted, judge, lastKnownAs, lastSeenAt, noteNewer } from './listing';
import { noteTable, tableDevts, updateMembers } from './membership';
import type { InventoryContext } from './state';

export function isDmName(name: string): boolean {
  return /^dm-\d+$/.test(name);
}

/** A uevent about a dm device. The kernel's own events carry no UUID, only number and diskseq. */
export function onDmUevent(ctx: InventoryContext, event: Uevent): void {
  if (event.devt === null) return;
  const map = ctx.store.mapByDevt(event.devt);
  const same =
    map !== undefined && (event.diskseq === null || map.facts.diskseq === null || event.diskseq === map.facts.diskseq);
  if (event.action === 'remove' && event.source === 'kernel' && event.synthUuid === null && event.diskseq !== null) {
    bury(ctx, `dm ${event.devt}#${event.diskseq}`);
    if (map !== undefined && event.diskseq === map.facts.diskseq) {
      removeMap(ctx, map, "the kernel's remove uevent");
    }
    // The device that had the number is gone. The entry may be of this device if its sequence number is not known.
    if (map !== undefined) requestMap(ctx, { uuid: map.uuid });
    return;
  }
  if (!same || map === undefined) {
    requestMap(ctx, { devt: event.devt });
    return;
  }
  map.eventAt = ctx.seq;
  if (map.missDue) ctx.timers.clear(`miss ${map.uuid}`);
  map.missDue = false;
  requestMap(ctx, { uuid: map.uuid });
}

/** An answer about one map. ENXIO is one of the two proofs of absence; any other failure proves nothing. */
export function onMapReading(ctx: InventoryContext, asked: Seq, by: MapAddress, reading: Reading<MapFacts>): void {
  mapAnswered(ctx, by);
  applyMapReading(ctx, asked, by, reading);
  // A void answer, too, may be the one that the LUN waited for.
  if ('uuid' in by) markUnlessSettled(ctx, wwidOfUuid(by.uuid));
}

export function applyMapReading(ctx: InventoryContext, asked: Seq, by: MapAddress, reading: Reading<MapFacts>): void {
  if (reading.ok) {
    applyMapFacts(ctx, asked, reading.value);
    return;
  }
  const uuid = 'uuid' in by ? by.uuid : undefined;
  const map = uuid === undefined ? ctx.store.mapByDevt((by as { devt: string }).devt) : ctx.store.maps.get(uuid);
  if (map === undefined) {
    if (!deviceMapperSaysAbsent(reading.failure)) return onFirstReadingFailed(ctx, by, reading.failure);
    ctx.unread.delete(mapKey(by));
    // The map is known to be absent now. If the engine waited for this, it may make the map.
    if (uuid !== undefined) markForReconcile(ctx, wwidOfUuid(uuid));
    return;
  }
  if (!deviceMapperSaysAbsent(reading.failure)) {
    if (asked >= map.known) markStale(ctx, map, reading.failure);
  } else if (uuid === undefined || asked < lastSeenAt(ctx, map)) {
    // A question by number says nothing about this map. A question that was put before an answer showed the map may be
    // behind that answer.
    requestMap(ctx, { uuid: map.uuid });
  } else {
    noteMissing(ctx, map, { lookedUpAt: asked });
  }
}

/** Only device-mapper's own ENXIO says "no such device". A failure of an earlier step does not say so. */
function deviceMapperSaysAbsent(failure: Failure): boolean {
  return failure.code === 'KERNEL_ERROR' && failure.errno === 'ENXIO' && failure.operation.startsWith('DM_');
}

/** The first reading of a listed map failed. The map enters the table as stale. */
function onFirstReadingFailed(ctx: InventoryContext, by: MapAddress, failure: Failure): void {
  const listed = lastKnownAs(ctx, by);
  const wwid = listed === undefined ? null : wwidOfUuid(listed.uuid);
  // The table has this UUID under another number: the map was made anew.
  if (listed !== undefined && ctx.store.maps.has(listed.uuid)) return requestMap(ctx, { uuid: listed.uuid });
  if (listed !== undefined && wwid !== null) {
    const map = newMap(factsOfEntry(listed), wwid);
    markStale(ctx, map, failure);
    ctx.store.putMap(map);
    judge(ctx, map.uuid);
    ctx.mapsToName.add(map.uuid);
    return;
  }
  const key = mapKey(by);
  const attempts = (ctx.unread.get(key) ?? 0) + 1;
  if (attempts === 1) log(ctx, 'warning', `a map cannot be read (${describeFailure(failure)}); mpathd tries again`);
  ctx.unread.set(key, attempts);
  ctx.timers.set(key, ctx.store.now + retryPause(ctx.options, attempts));
}

/** The facts of a map that a listing gives. The other facts are not known, so nothing is written to the map. */
function factsOfEntry(entry: DmListEntry): MapFacts {
  return {
    ...entry,
    diskseq: null,
    openCount: 0,
    suspended: false,
    readOnly: false,
    hasLiveTable: false,
    hasInactiveTable: false,
    targets: [],
  };
}

function markStale(ctx: CoreContext, map: MultipathMap, failure: Failure): void {
  if (map.stale === null) {
    log(
      ctx,
      'warning',
      `reading failed (${describeFailure(failure)}): the entry stays as it was; the map is read again`,
      map.facts.name,
    );
  }
  map.stale = nextStale(ctx, map.stale, failure);
  ctx.changed.maps.add(map);
  ctx.timers.set(`map ${map.uuid}`, map.stale.retryAt);
}

function applyMapFacts(ctx: InventoryContext, asked: Seq, facts: MapFacts): void {
  if (ctx.unread.size > 0) {
    ctx.unread.delete(`map ${facts.uuid}`);
    ctx.unread.delete(`dm ${facts.devt}`);
  }
  const wwid = wwidOfUuid(facts.uuid);
  if (wwid === null) return;
  if (ctx.tombstones.size > 0 && isBuried(ctx, `dm ${facts.devt}#${facts.diskseq ?? '-'}`, asked)) return;
  const entry = ctx.store.maps.get(facts.uuid);
  if (entry !== undefined && asked < entry.known) return;
  if (!isMultipath(facts)) {
    if (entry !== undefined) removeMap(ctx, entry, 'its table is not a multipath table any more');
    return;
  }
  if (entry !== undefined && saysNothingNew(ctx, entry, facts)) return noteUnchanged(ctx, entry, asked, facts.eventNr);
  const map = entry ?? newMap(facts, wwid);
  if (entry === undefined) log(ctx, 'notice', `map of ${wwid} found (${facts.devt})`, facts.name);
  else noteChanges(ctx, entry, facts);
  const factsBefore = map.facts;
  const before = tableDevts(map);
  const tableBefore = map.table;
  const knownBefore = map.known;
  const sameDevice = entry !== undefined && factsBefore.diskseq === facts.diskseq;
  map.facts = { ...facts };
  ctx.changed.maps.add(map);
  takeTable(map, factsBefore);
  map.halfMadeSince = halfMadeSince(ctx, map, facts, entry?.readAt === 0);
  noteRead(ctx, map, asked);
  map.stale = null;
  if (facts.targets[0] !== undefined && map.table === null) {
    log(ctx, 'error', `its table cannot be understood: ${facts.targets[0].table}`, facts.name);
  }
  // Loading the first table moves no event number (drivers/md/dm-ioctl.c, do_resume). If the uevent is lost, only
  // another reading shows the table.
  if (facts.targets[0] === undefined) ctx.timers.set(`map ${map.uuid}`, ctx.store.now + ctx.options.maxRetryMs);
  if (sameDevice) ctx.announce({ kind: 'table-read', map, before: tableBefore, knownBefore });
  dropOthersAt(ctx, map);
  if (entry === undefined) ctx.takenOutMaps.delete(wwid);
  ctx.store.putMap(map);
  judge(ctx, map.uuid);
  if (map.table === tableBefore) updateMembers(ctx, map);
  else noteTable(ctx, map, before, tableDevts(map));
  if (ctx.mapsToName.delete(map.uuid)) ctx.announce({ kind: 'map-readable', map });
  markForReconcile(ctx, wwid);
}

/**
 * A map that is suspended is whole, unless a dead daemon left it so: others suspend maps for a while on purpose. What a
 * dead daemon left is told at the start only. `first`: this is the first reading of a map that a listing showed.
 */
function halfMadeSince(ctx: InventoryContext, map: MultipathMap, facts: MapFacts, first: boolean): Ms | null {
  const starting = first || ctx.store.truth.phase === 'starting';
  const left = map.halfMadeSince === WRITER_IS_DEAD || (starting && ctx.options.interrupted.includes(facts.uuid));
  if (facts.hasLiveTable && !facts.hasInactiveTable && !(left && facts.suspended)) return null;
  return left ? WRITER_IS_DEAD : (map.halfMadeSince ?? ctx.store.now);
}

/** True if these facts are known already, and nothing about the map is in doubt. */
function saysNothingNew(ctx: InventoryContext, map: MultipathMap, facts: MapFacts): boolean {
  return (
    map.stale === null &&
    map.table !== null &&
    map.halfMadeSince === null &&
    !ctx.mapsToName.has(map.uuid) &&
    sameMapState(map.facts, facts)
  );
}

/** The reading gave the same facts as the last one, perhaps after an event. They only count as newer. */
function noteUnchanged(ctx: InventoryContext, map: MultipathMap, asked: Seq, eventNr: number): void {
  const isJudgedAnew = isDoubted(map) || eventNr !== map.facts.eventNr;
  if (eventNr !== map.facts.eventNr) map.facts = { ...map.facts, eventNr };
  noteRead(ctx, map, asked);
  if (isJudgedAnew) judge(ctx, map.uuid);
  if (!ctx.store.mapsAreUnique()) {
    dropOthersAt(ctx, map);
    ctx.store.putMap(map);
  }
  if (ctx.settled.has(map.wwid)) return;
  updateMembers(ctx, map);
  ctx.toReconcile.add(map.wwid);
}

function noteRead(ctx: InventoryContext, map: MultipathMap, asked: Seq): void {
  map.known = asked;
  map.readAt = ctx.seq;
  map.seenAt = ctx.seq;
  // A question that is older than the administrator's command may be about a map that is gone by now.
  if (asked >= (ctx.wantedMaps.get(map.wwid) ?? Infinity)) ctx.wantedMaps.delete(map.wwid);
  if (isDoubted(map)) map.missing = { listedAt: null, lookedUpAt: null };
}

/** Takes table and status from the facts. A text that has not changed is not parsed again. */
function takeTable(map: MultipathMap, before: MapFacts): void {
  const [now] = map.facts.targets;
  const [old] = before.targets;
  const tableBefore = map.table;
  if (now === undefined) map.table = null;
  else if (tableBefore === null || now.table !== old?.table) map.table = parseTable(now.table);
  if (map.table === null || now === undefined) map.status = null;
  else if (map.status === null || map.table !== tableBefore || now.status !== old?.status)
    map.status = parseStatus(now.status, map.table);
}

/** True for one multipath target, or no table (yet). mpathd does not touch anything else under its UUIDs. */
function isMultipath(facts: MapFacts): boolean {
  return facts.targets.length === 0 || (facts.targets.length === 1 && facts.targets[0]?.type === 'multipath');
}

function newMap(facts: MapFacts, wwid: string): MultipathMap {
  return {
    uuid: facts.uuid,
    wwid,
    facts,
    table: null,
    status: null,
    stale: null,
    operation: null,
    lastFailure: null,
    halfMadeSince: null,
    missDue: false,
    removed: false,
    lastLoaded: null,
    counters: noCounts(),
    queueing: noQueueing(),
    failback: newFailback(),
    device: null,
    missing: { listedAt: null, lookedUpAt: null },
    known: 0,
    readAt: 0,
    seenAt: 0,
    eventAt: 0,
  };
}

function noteChanges(ctx: CoreContext, map: MultipathMap, now: MapFacts): void {
  if (map.stale !== null) log(ctx, 'notice', 'can be read again', now.name);
  // Somebody else made the map and has completed it.
  if (now.hasLiveTable && !map.facts.hasLiveTable) map.removed = false;
  // A map without its first table has no disk in sysfs yet, so it has no sequence number (since Linux 5.15).
  const otherDisk = map.facts.diskseq !== null && now.diskseq !== map.facts.diskseq;
  if (otherDisk || now.devt !== map.facts.devt) {
    log(ctx, 'notice', `was removed and made again (${map.facts.devt} is now ${now.devt})`, now.name);
    map.counters = noCounts();
    map.queueing = noQueueing();
    map.failback = newFailback();
    map.lastFailure = null;
    map.removed = false;
    ctx.announce({ kind: 'map-remade', map });
  }
  if (now.name !== map.facts.name) ctx.announce({ kind: 'map-renamed', map, to: now.name });
}

/** Reads the other entries under this name or number. Names and numbers are unique, so those maps have changed. */
function dropOthersAt(ctx: CoreContext, map: MultipathMap): void {
  for (const other of [ctx.store.mapByName(map.facts.name), ctx.store.mapByDevt(map.facts.devt)]) {
    if (other !== undefined && other.uuid !== map.uuid) requestMap(ctx, { uuid: other.uuid });
  }
}

/** Collects the evidence that a map is gone. One half of the proof only asks for the other half. */
export function noteMissing(
  ctx: InventoryContext,
  map: MultipathMap,
  evidence: { listedAt?: Seq; lookedUpAt?: Seq },
): void {
  map.missing = { ...map.missing, ...evidence };
  judge(ctx, map.uuid);
  ctx.changed.maps.add(map);
  const { listedAt, lookedUpAt } = map.missing;
  if (listedAt !== null && lookedUpAt !== null) {
    ctx.announce({ kind: 'looked-up-and-gone', what: 'mapsRemoved' });
    removeMap(ctx, map, 'missing from a complete listing, and a look-up by UUID answers ENXIO');
  } else if (listedAt === null) {
    requestList(ctx);
  } else {
    requestMap(ctx, { uuid: map.uuid });
  }
}

/** Takes a map out of the table. The caller needs positive evidence of its absence, and names it. */
function removeMap(ctx: InventoryContext, map: MultipathMap, evidence: string): void {
  const ours = map.removed || map.operation?.kind === 'remove';
  // True if the map was seen only while its maker made it, and the maker took it back because the kernel refused the
  // table. Then nobody has lost a map. An event after the last reading may mean that the map was completed. Then
  // somebody may have removed a whole map.
  const wasNoneYet = map.halfMadeSince !== null && !map.facts.hasLiveTable && map.eventAt <= map.known;
  log(ctx, 'notice', `map removed: ${evidence}`, map.facts.name);
  if (map.facts.diskseq !== null) bury(ctx, `dm ${map.facts.devt}#${map.facts.diskseq}`);
  const devts = tableDevts(map);
  for (const purpose of ['map', 'queue', 'failback'] as const) ctx.timers.clear(`${purpose} ${map.uuid}`);
  ctx.store.deleteMap(map);
  ctx.mapsToName.delete(map.uuid);
  noteNewer(ctx, map.uuid, null);
  judge(ctx, map.uuid);
  ctx.announce({ kind: 'map-gone', map });
  noteTable(ctx, map, devts, []);
  // Somebody removed the map on purpose. It stays away until a path comes, or until somebody asks for the map.
  if (!ours && !wasNoneYet && !ctx.wantedMaps.has(map.wwid)) ctx.takenOutMaps.add(map.wwid);
  markForReconcile(ctx, map.wwid);
}
