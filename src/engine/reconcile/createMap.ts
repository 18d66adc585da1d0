/**
 * Makes a new map from paths that share a WWID: first the alias, which is written to the bindings file, then the map.
 */
import type { Binding } from '../../config/bindings';
import { daemonSetting } from '../../config/effective';
import { type Decision, mayGetMap } from '../../config/findMultipaths';
import type { MapFacts } from '../../model/facts';
import { describeFailure, type Reading } from '../../model/failure';
import { uuidOfWwid, type Wwid } from '../../model/identity';
import { type MultipathMap, noQueueing } from '../../model/map';
import type { Path } from '../../model/path';
import type { Ms } from '../../model/units';
import { withRetry } from '../../policy/queueing';
import { fitSizes } from '../../policy/sizes';
import { type CoreContext, log, markForReconcile } from '../core/core';
import { mapPending, requestList } from '../core/questions';
import { applyMapReading } from '../inventory/maps';
import type { ResyncContext } from '../resync/state';
import { mapSettings } from '../settings/mapSettings';
import type { SettingsContext } from '../settings/state';
import { freshOf } from './freshness';
import { isRunning } from './mapWork';
import { isFree } from './members';
import { aliasIsLeaving, askForAlias, isOnOtherDevice, nameRule, noteBindings } from './naming';
import { ofOneLun } from './oneLun';
import type { ReconcileContext } from './state';
import { orderOf, tableFor } from './wantedTable';
import { noteAnswered } from './writeAnswers';
import { attemptsSoFar, holdBack } from './writes';

/** Pause, ms, before the next try for a LUN whose device is held elsewhere (mounted, in a volume group). */
const BUSY_RETRY_MS = 60_000;

/** How long, ms, an alias stays valid while the paths are read once more. */
const NAMED_MS = 10_000;

/** How long, ms, a map that was asked for is made with a single path, if no path leads to its LUN yet. */
const WISH_MS = 60_000;

/** For a LUN that has no map in the kernel, as far as mpathd knows: makes a map if there should be one. */
export function reconcileAbsent(ctx: ReconcileContext, wwid: Wwid): void {
  const work = ctx.work.get(wwid);
  if (ctx.writes.has(uuidOfWwid(wwid))) return;
  if (!hasPaths(ctx, wwid) && !isRunning(work)) return forgetLun(ctx, wwid);
  const attempts = attemptsSoFar(ctx, wwid);
  if (work?.phase === 'named') {
    if (work.until > ctx.store.now) return create(ctx, wwid, work.name, attempts, work.until);
    ctx.work.delete(wwid);
  } else if (isRunning(work) || (work?.phase === 'waiting' && work.retryAt > ctx.store.now)) {
    return;
  }
  const paths = creators(ctx, wwid);
  if (paths === null || aliasIsLeaving(ctx, wwid)) return;
  const rule = nameRule(ctx, wwid);
  if (rule.by === 'bindings') return askForAlias(ctx, wwid, null, attempts);
  const name = rule.by === 'alias' ? freeOr(ctx, rule.name, wwid) : wwid;
  create(ctx, wwid, name, attempts, ctx.store.now + NAMED_MS);
}

function hasPaths(ctx: CoreContext, wwid: Wwid): boolean {
  for (const _ of ctx.store.pathsOfWwid(wwid)) return true;
  return false;
}

/** The LUN has no path and no map any more. If a path comes, the LUN begins like a new one (setIdentity). */
function forgetLun(ctx: ReconcileContext, wwid: Wwid): void {
  ctx.work.delete(wwid);
  ctx.takenOutMaps.delete(wwid);
  ctx.timers.clear(`work ${wwid}`);
  if (ctx.wantedMaps.has(wwid)) ctx.timers.setSooner(`wish ${wwid}`, ctx.store.now + WISH_MS);
}

/** A map that was asked for is not waited for any more if nothing leads to its LUN. */
export function onWishOver(ctx: ReconcileContext, wwid: Wwid): void {
  if (!hasPaths(ctx, wwid) && !ctx.store.maps.has(uuidOfWwid(wwid))) ctx.wantedMaps.delete(wwid);
}

/** The alias if it is free, or else the WWID: a map with this name is better than no map. */
function freeOr(ctx: CoreContext, alias: string, wwid: Wwid): string {
  if (!isOnOtherDevice(ctx, alias, wwid)) return alias;
  log(ctx, 'warning', `alias ${alias} of ${wwid} is in use by another device: the map gets its WWID as name`);
  return wwid;
}

/** The paths for a new map; null: no map may be made (now). */
export function creators(ctx: ReconcileContext, wwid: Wwid): Path[] | null {
  const uuid = uuidOfWwid(wwid);
  const wanted = ctx.wantedMaps.has(wwid);
  if (ctx.takenOutMaps.has(wwid) && !wanted) return null;
  const paths = [...ctx.store.pathsOfWwid(wwid)].filter((path) => isFree(ctx, path));
  if (paths.length === 0 || !isAllowed(ctx, wwid, paths, wanted)) return null;
  if (isJudging(ctx)) {
    ctx.timers.setSooner(`work ${wwid}`, ctx.store.now + ctx.options.maxRetryMs);
    return null;
  }
  // No map is made on stale knowledge, neither of the paths nor of the map's existence.
  if (freshOf(ctx, paths, ctx.store.maps.get(uuid)?.facts.devt ?? null).length < paths.length) return null;
  if (mapPending(ctx, uuid) || ctx.unread.has(`map ${uuid}`) || ctx.unread.has('list')) {
    // A LUN without a map gets no notice when the maps can be read again.
    ctx.timers.setSooner(`work ${wwid}`, ctx.store.now + ctx.options.maxRetryMs);
    return null;
  }
  const { fitting, refused } = fitSizes(ofOneLun(ctx, wwid, paths), null);
  for (const path of refused) {
    const text = `paths of ${wwid} differ in size (${path.facts?.sizeSectors} sectors here): no map is made of them`;
    if (path.reason?.text !== text) log(ctx, 'error', text, path.name);
    path.reason = { kind: 'size', text };
  }
  return fitting.length === 0 ? null : fitting;
}

/**
 * A configuration has just come into force, and disks may belong to other LUNs by it. The resync that came with it
 * decides.
 */
function isJudging(ctx: ResyncContext): boolean {
  return ctx.pathsToJudge.size > 0 && ctx.resync.phase !== 'idle';
}

/** True if no map of the LUN may be made, and no reading under way can change this. */
export function isUnwanted(ctx: ReconcileContext, { wwid }: MultipathMap): boolean {
  if (isJudging(ctx) || ctx.wantedMaps.has(wwid)) return false;
  for (const path of ctx.store.pathsOfWwid(wwid)) if (isUndecided(ctx, path)) return false;
  const free = [...ctx.store.pathsOfWwid(wwid)].filter((path) => isFree(ctx, path));
  return !decisionOn(ctx, wwid).multipath || fitSizes(free, null).fitting.length === 0;
}

/** True for a path that may join a map as soon as more is known of it. */
function isUndecided(ctx: SettingsContext, path: Path): boolean {
  if (path.init === 'excluded' || path.leftOutByReload) return false;
  return path.stale !== null || (path.map === null && !isFree(ctx, path));
}

/** True if find_multipaths allows a map. Otherwise each path keeps the reason. */
function isAllowed(ctx: ReconcileContext, wwid: Wwid, paths: readonly Path[], asked: boolean): boolean {
  const { multipath, reason } = decisionOn(ctx, wwid, asked);
  if (!multipath) for (const path of paths) path.reason = { kind: 'not-wanted', text: reason };
  return multipath;
}

/** The decision of find_multipaths about a LUN. */
export function decisionOn(ctx: ReconcileContext, wwid: Wwid, asked = ctx.wantedMaps.has(wwid)): Decision {
  const mode = daemonSetting(ctx.configuration, 'find_multipaths').value;
  return mayGetMap({ mode, wwid, asked, listed: ctx.wwids.has(wwid), paths: countPaths(ctx, wwid) });
}

/** The number of paths that are known to lead to the LUN, whoever holds them. */
function countPaths(ctx: SettingsContext, wwid: Wwid): number {
  let count = 0;
  for (const path of ctx.store.pathsOfWwid(wwid))
    if (isFree(ctx, path) || (path.init === 'ok' && path.map !== null)) count += 1;
  return count;
}

/** The bindings file answered. If the file cannot be used, the map gets no friendly name, but it is made. */
export function onAliasBound(
  ctx: ReconcileContext,
  id: number,
  wwid: Wwid,
  reading: Reading<{ alias: string | null; bindings: Binding[] }>,
): void {
  const work = ctx.work.get(wwid);
  const making = work?.phase === 'binding' && work.id === id ? work : null;
  const isNaming = ctx.naming.get(uuidOfWwid(wwid)) === id;
  if (making === null && !isNaming) return;
  if (making !== null) ctx.work.delete(wwid);
  if (isNaming) ctx.naming.delete(uuidOfWwid(wwid));
  if (reading.ok) {
    noteBindings(ctx, reading.value.bindings);
  } else {
    log(
      ctx,
      'error',
      `${describeFailure(reading.failure)}: no alias can be bound to ${wwid}; correct the bindings file and run \`mpathctl resync\``,
    );
  }
  const map = ctx.store.maps.get(uuidOfWwid(wwid));
  if (map !== undefined) {
    if (reading.ok && reading.value.alias !== null && reading.value.alias !== map.facts.name) {
      ctx.wantedNames.set(map.uuid, reading.value.alias);
    }
    markForReconcile(ctx, wwid);
    return;
  }
  if (making === null || ctx.store.truth.phase === 'stopping') return;
  const alias = reading.ok ? reading.value.alias : (ctx.bindings.get(wwid) ?? null);
  create(ctx, wwid, alias ?? wwid, making.attempts, ctx.store.now + NAMED_MS);
}

function create(ctx: ReconcileContext, wwid: Wwid, name: string, attempts: number, until: Ms): void {
  const paths = creators(ctx, wwid);
  if (paths === null) {
    // While the paths are read again, a slow bindings file (its lock is held) must not be asked for the name again.
    ctx.work.set(wwid, { phase: 'named', name, until, attempts });
    ctx.timers.set(`work ${wwid}`, until);
    return;
  }
  const settings = mapSettings(ctx, wwid, paths, null);
  const queueing = withRetry(noQueueing(), settings.configured.no_path_retry.value);
  const order = orderOf(tableFor(paths, { settings, queueing, present: null, unknown: [] }));
  const id = ctx.nextId++;
  ctx.writes.set(uuidOfWwid(wwid), id);
  ctx.work.set(wwid, { phase: 'creating', id, asked: ctx.seq, since: ctx.store.now, attempts, name });
  log(ctx, 'notice', `${paths.length} paths of ${wwid}: create [${order.params}]`, name);
  ctx.effects.push({ type: 'create-map', id, uuid: uuidOfWwid(wwid), name, ...order });
}

/** Returns true if the answer was about a map in the making. */
export function onCreated(
  ctx: ReconcileContext,
  id: number,
  wwid: Wwid,
  uuid: string,
  reading: Reading<MapFacts | null>,
): boolean {
  const work = ctx.work.get(wwid);
  if (work?.phase !== 'creating' || work.id !== id) return false;
  noteAnswered(ctx, id, uuid);
  ctx.work.delete(wwid);
  ctx.wantedMaps.delete(wwid);
  if (reading.ok && reading.value !== null) {
    applyMapReading(ctx, work.asked, { uuid }, { ok: true, value: reading.value });
    const map = ctx.store.maps.get(uuid);
    if (map !== undefined) map.counters.mapLoads = 1;
    else noteTakenOut(ctx, wwid, work.name);
  } else if (!reading.ok) {
    noteUndone(ctx, uuid);
    const attempts = work.attempts + 1;
    const why = describeFailure(reading.failure);
    const busy = reading.failure.errno === 'EBUSY';
    // Asked for by a configuration that is in force no more: the present one has its first try at once.
    if (work.asked >= ctx.configuredAt)
      holdBack(ctx, wwid, { write: 'create', attempts, why }, busy ? BUSY_RETRY_MS : 5_000);
    const hint = busy ? ' (a path is mounted or held by another device, or the name is taken)' : '';
    log(ctx, attempts === 1 ? 'error' : 'debug', `no map could be made: ${why}${hint}; mpathd tries again`, work.name);
    for (const path of ctx.store.pathsOfWwid(wwid))
      path.reason = { kind: 'no-map', text: `no map could be made: ${why}` };
    requestList(ctx);
  }
  markForReconcile(ctx, wwid);
  return true;
}

/** The removal of the map was noticed before the answer to its creation: somebody else wants no map of this LUN. */
function noteTakenOut(ctx: ReconcileContext, wwid: Wwid, name: string): void {
  ctx.takenOutMaps.add(wwid);
  log(
    ctx,
    'notice',
    'was removed by somebody else as soon as it was made; mpathd makes it again when a path of its LUN comes, or on `reconfigure`',
    name,
  );
}

/**
 * The addon takes back its map if the kernel refuses the table (CreateMap, native/dm_write.h). If the map was seen in
 * between, its removal is our own, and not the wish of somebody else.
 */
function noteUndone(ctx: ReconcileContext, uuid: string): void {
  const map = ctx.store.maps.get(uuid);
  if (map !== undefined && !map.facts.hasLiveTable) map.removed = true;
}
