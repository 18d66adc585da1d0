/**
 * Closes the differences between what is wanted and what the kernel has, LUN by LUN (design
 * section 3, rule 8). Every write of the daemon begins here, on knowledge that is fresh: no entry
 * that is stale, no reading under way, no event newer than the last reading.
 */
import { sameTable } from '../policy/compareTables';
import { uuidOfWwid, type Wwid } from '../model/identity';
import type { MultipathMap } from '../model/map';
import type { Path } from '../model/path';
import { isUsable, mayReinstate } from './checks';
import { classify, type Classified } from './classify';
import { freshOf, isJustRead } from './freshness';
import { completeHalfMade } from './halfMade';
import { foreignIn, isProvedNow, isUnproved, reservationOf } from './liveIdentity';
import { log, type Context } from './context';
import { reconcileAbsent } from './create';
import { nameStep, type NameStep } from './naming';
import { attemptsSoFar, message, reload, remove, rename } from './operations';
import { blockPending, mapPending, requestBlock, requestMap } from './reads';
import { rememberWwid } from './remember';
import { fitSizes } from './sizes';
import { orderOf, tableFor } from './wantedTable';

/** Works on every LUN that something happened to. Nothing is written before the first resync is applied. */
export function reconcileDirty(ctx: Context): void {
  if (ctx.store.truth.phase === 'starting' || ctx.store.truth.phase === 'stopping') return;
  // Reconciling one LUN can touch another (a name that becomes free): bounded by taking each once.
  const todo = [...ctx.dirty];
  ctx.dirty.clear();
  for (const wwid of todo) reconcile(ctx, wwid);
}

function reconcile(ctx: Context, wwid: Wwid): void {
  const map = ctx.store.maps.get(uuidOfWwid(wwid));
  if (map === undefined) return reconcileAbsent(ctx, wwid);
  // Somebody else made it, or it came back: its making is over.
  if (ctx.work.get(wwid)?.phase === 'named') ctx.work.delete(wwid);
  if (!isFresh(ctx, map)) return;
  if (completeHalfMade(ctx, map)) return;
  if (map.table !== null) reconcileMap(ctx, map);
  // Another LUN's map may wait for its name.
  else reconcileName(ctx, map);
}

/** Whether the map's entry may be acted upon now; if not, what makes it so is under way. */
function isFresh(ctx: Context, map: MultipathMap): boolean {
  const work = ctx.work.get(map.wwid);
  if (ctx.writes.has(map.uuid) || map.stale !== null || mapPending(ctx, map.uuid)) return false;
  if (work?.phase === 'binding' || work?.phase === 'creating') return false;
  if (work?.phase === 'waiting' && work.retryAt > ctx.store.now) return false;
  if (map.missing.listedAt !== null || map.missing.lookedUpAt !== null) return false;
  if (map.eventAt > map.known) {
    requestMap(ctx, { uuid: map.uuid });
    return false;
  }
  return true;
}

function reconcileMap(ctx: Context, map: MultipathMap): void {
  const foreign = foreignIn(ctx, map);
  if (foreign !== null) return message(ctx, map, `fail_path ${foreign.devt}`, `${foreign.name} leads to another LUN, ${foreign.live.foreign}`);
  const found = classify(ctx, map);
  if (found.members.length > 0) rememberWwid(ctx, map.wwid);
  for (const devt of found.unknown) {
    if (ctx.store.pathByDevt(devt) === undefined) lookUpOnce(ctx, devt);
  }
  if (reconcileTable(ctx, map, found)) return;
  if (reconcilePathStates(ctx, map)) return;
  if (reconcileName(ctx, map) === 'none' && found.unknown.length === 0) nothingToDo(ctx, map, found);
}

function reconcileName(ctx: Context, map: MultipathMap): NameStep['step'] {
  const name = nameStep(ctx, map);
  if (name.step === 'rename') rename(ctx, map, name.to, name.reason);
  return name.step;
}

/** Wanted and present are one: the next write that fails is the first to fail again, and is told. */
function nothingToDo(ctx: Context, map: MultipathMap, found: Classified): void {
  if (ctx.work.get(map.wwid)?.phase === 'waiting') ctx.work.delete(map.wwid);
  if (isSettled(ctx, map, found)) ctx.settled.add(map.wwid);
}

/** All is well, and nobody waits for a reading or for time to pass: only what touches the LUN can give work here again. */
function isSettled(ctx: Context, map: MultipathMap, { leaving }: Classified): boolean {
  if (leaving.length > 0 || map.halfMadeSince !== null) return false;
  const sectors = map.facts.targets[0]?.lengthSectors;
  for (const path of ctx.store.pathsOfWwid(map.wwid)) {
    if (path.map !== map.uuid || path.dmState !== 'active' || !isUsable(path.check.state)) return false;
    if (path.stale !== null || path.facts?.sizeSectors !== sectors || blockPending(ctx, path.name)) return false;
  }
  return true;
}

/** A number in a table without a disk in ours: one question, asked again when the kernel's answer failed. */
function lookUpOnce(ctx: Context, devt: string): void {
  if (ctx.lookedUp.has(devt) || ctx.unread.has(devt)) return;
  ctx.lookedUp.add(devt);
  requestBlock(ctx, devt);
}

/** True if a write was begun, or knowledge must come first. */
function reconcileTable(ctx: Context, map: MultipathMap, found: Classified): boolean {
  const table = map.table;
  if (table === null) return false;
  const joining = readyToJoin(ctx, map, found);
  const candidates = [...found.members, ...joining];
  const verdict = fitSizes(candidates, map.facts.targets[0]?.lengthSectors ?? null);
  holdMisfits(ctx, map, verdict.refused, verdict.fitting);
  const paths = verdict.fitting;
  if (paths.length === 0 && found.unknown.length === 0) return found.joining.length > joining.length || reconcileEmpty(ctx, map, found);

  const present = { table, sizeSectors: map.facts.targets[0]?.lengthSectors ?? 0 };
  const wanted = tableFor(paths, found.unknown, present);
  const difference = differenceOf(ctx, map, found, paths, wanted.table);
  if (difference === null) return false;
  if (!isJustRead(ctx, map)) return true;
  if (stopIo(ctx, map, found)) return true;
  ctx.reloadAnyway.delete(map.uuid);
  reload(ctx, map, orderOf(wanted), difference);
  return true;
}

/**
 * The kernel may refuse every table (the LUN has become smaller than its map): until then no I/O may
 * go by a path to another LUN, or to a disk that is gone, that could not be taken out.
 */
function stopIo(ctx: Context, map: MultipathMap, found: Classified): boolean {
  if (attemptsSoFar(ctx, map.wwid) === 0) return false;
  const active = new Set(map.status?.groups.flatMap((group) => group.paths.filter(({ state }) => state === 'active').map(({ devt }) => devt)));
  const serving = found.leaving.find((path) => path.stopIo && active.has(path.devt));
  if (serving === undefined) return false;
  message(ctx, map, `fail_path ${serving.devt}`, `it could not be taken out, and ${serving.why}`);
  return true;
}

/** Those that are read again come all with the last answer, in one reload; but no path that goes waits for them. */
function readyToJoin(ctx: Context, map: MultipathMap, found: Classified): Path[] {
  const fresh = freshOf(ctx, found.joining, map.facts.devt);
  const awaited = found.joining.some((path) => path.stale === null && !fresh.includes(path));
  return awaited && found.leaving.length === 0 ? [] : fresh;
}

/**
 * Membership counts always. The grouping counts too, unless somebody else reloaded the map as it is
 * now: that is followed until its paths change.
 */
function differenceOf(
  ctx: Context,
  map: MultipathMap,
  found: Classified,
  paths: readonly Path[],
  wanted: NonNullable<MultipathMap['table']>,
): string | null {
  const leaving = found.leaving.map(({ devt, why }) => `${devt} leaves (${why})`);
  const ejected = found.members.filter((path) => !paths.includes(path)).map((path) => `${path.name} leaves (${path.reason})`);
  const joining = paths.filter((path) => path.map === null).map((path) => `${path.name} joins`);
  const changes = [...leaving, ...ejected, ...joining];
  if (changes.length > 0) {
    ctx.followed.delete(map.uuid);
    return changes.join(', ');
  }
  if (map.table === null || ctx.followed.has(map.uuid)) return null;
  // Groups of paths that are being read again would be of yesterday; each answer asks for this anew.
  if (paths.some((path) => blockPending(ctx, path.name))) return null;
  return sameTable(map.table, wanted).difference ?? (ctx.reloadAnyway.has(map.uuid) ? 'all maps are to be loaded anew' : null);
}

function holdMisfits(ctx: Context, map: MultipathMap, refused: readonly Path[], fitting: readonly Path[]): void {
  for (const path of refused) {
    const reason = `its size (${path.facts?.sizeSectors} sectors) is not the map's (${map.facts.targets[0]?.lengthSectors})`;
    if (path.reason !== reason) log(ctx, 'error', `${reason}: kept out of ${map.facts.name}`, path.name);
    path.reason = reason;
  }
  for (const path of fitting) path.reason = null;
}

/** All its paths are gone: an unused map goes, a used one keeps an empty table until paths come back. */
function reconcileEmpty(ctx: Context, map: MultipathMap, found: Classified): boolean {
  if (found.leaving.length === 0 && found.members.length === 0) return false;
  if (!isJustRead(ctx, map)) return true;
  const reason = found.leaving.map(({ devt, why }) => `${devt}: ${why}`).join(', ');
  if (map.facts.openCount === 0) {
    const what = found.leaving.some(({ blacklisted }) => blacklisted) ? 'none of its paths may be multipathed' : 'the last path is gone';
    remove(ctx, map, `${what} (${reason}) and nobody uses it`);
    return true;
  }
  const table = { features: map.table?.features ?? [], handler: [], initialGroup: 0, groups: [] };
  const order = tableFor([], [], { table, sizeSectors: map.facts.targets[0]?.lengthSectors ?? 0 });
  reload(ctx, map, { ...orderOf(order), readOnly: map.facts.readOnly }, `the last path is gone (${reason}), but it is in use`);
  return true;
}

/** Paths that dm and the checker see differently. One message at a time. */
function reconcilePathStates(ctx: Context, map: MultipathMap): boolean {
  for (const group of map.status?.groups ?? []) {
    for (const { devt, state } of group.paths) {
      const path = ctx.store.pathByDevt(devt);
      if (path === undefined || path.wwid !== map.wwid || path.map !== map.uuid) continue;
      if (state === 'failed' && mayReinstate(path) && isProvedNow(ctx, path)) {
        message(ctx, map, `reinstate_path ${devt}`, `${path.name} answers again (${path.check.message}${reservationOf(path)})`);
        return true;
      }
      if (state === 'active' && isFoundDown(path)) {
        message(ctx, map, `fail_path ${devt}`, `${path.name} does not answer (${path.check.message})`);
        return true;
      }
      // A table that is loaded makes all its paths active, also those that were failed before.
      if (state === 'active' && isUnproved(path)) {
        message(ctx, map, `fail_path ${devt}`, `${path.name} was failed, and has not been proved to lead to this LUN still`);
        return true;
      }
    }
  }
  return false;
}

function isFoundDown(path: Path): boolean {
  const { state, lastAt } = path.check;
  return lastAt !== null && !isUsable(state) && (state === 'down' || state === 'timeout' || state === 'removed');
}
