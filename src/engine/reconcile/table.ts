/** Which paths a map should have, in which groups: what a reload closes. */
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { MultipathTable } from '../../model/table';
import { sameOrder, sameTable } from '../../policy/compareTables';
import { fitSizes } from '../../policy/sizes';
import { type CoreContext, log } from '../core/core';
import { blockPending } from '../core/questions';
import type { InventoryContext } from '../inventory/state';
import type { MapSettings } from '../settings/state';
import { mayAskFor } from './acceptedWrites';
import { reconcileEmpty } from './emptyMap';
import { isOutOfOrder, mayFailBack } from './failback';
import { freshOf, isJustRead } from './freshness';
import type { Classified } from './members';
import type { ReconcileContext } from './state';
import { orderOf, tableFor, type TablePlan } from './wantedTable';
import { attemptsSoFar, heldBack, message, reload, type Step } from './writes';

export function reconcileTable(
  ctx: ReconcileContext,
  map: MultipathMap,
  found: Classified,
  settings: MapSettings,
): Step {
  const { table } = map;
  if (table === null) return null;
  const joining = readyToJoin(ctx, map, found);
  const candidates = [...found.members, ...joining];
  const sizeSectors = map.facts.targets[0]?.lengthSectors ?? 0;
  const { refused, fitting } = fitSizes(candidates, map.facts.targets[0]?.lengthSectors ?? null);
  holdMisfits(ctx, map, refused, fitting);
  const plan: TablePlan = { settings, queueing: map.queueing, present: { table, sizeSectors }, unknown: found.unknown };
  if (fitting.length === 0 && found.unknown.length === 0) {
    if (found.joining.length > joining.length) return 'wait';
    if (heldBack(ctx, map.wwid) === 'reload') return 'defer';
    return reconcileEmpty(ctx, map, found, plan);
  }
  const wanted = tableFor(fitting, plan);
  const difference = differenceOf(ctx, map, found, fitting, wanted.table);
  if (difference === null || difference === 'defer') return difference;
  if (!isJustRead(ctx, map)) return 'wait';
  const stop = stopIo(ctx, map, found);
  if (stop !== null) return stop;
  if (heldBack(ctx, map.wwid) === 'reload') return 'defer';
  const order = orderOf(wanted);
  if (!ctx.reloadAnyway.delete(map.uuid) && !mayAskFor(ctx, map, 'reload', order.params)) return null;
  return reload(order, difference.reason);
}

/**
 * The kernel may refuse every table (the LUN has become smaller than its map): until then no I/O may
 * go by a path to another LUN, or to a disk that is gone, that could not be taken out.
 */
function stopIo(ctx: ReconcileContext, map: MultipathMap, found: Classified): Step {
  if (attemptsSoFar(ctx, map.wwid) === 0) return null;
  const active = new Set(
    map.status?.groups.flatMap((group) =>
      group.paths.filter(({ state }) => state === 'active').map(({ devt }) => devt),
    ),
  );
  const serving = found.leaving.find((path) => path.stopIo && active.has(path.devt));
  if (serving === undefined) return null;
  return message(`fail_path ${serving.devt}`, `the path could not be removed from the map, and ${serving.why}`);
}

/** Those that are read again come all with the last answer, in one reload; but no path that goes waits for them. */
function readyToJoin(ctx: InventoryContext, map: MultipathMap, found: Classified): Path[] {
  const fresh = freshOf(ctx, found.joining, map.facts.devt);
  const awaited = found.joining.some((path) => path.stale === null && !fresh.includes(path));
  return awaited && found.leaving.length === 0 ? [] : fresh;
}

/** Why a table is to be loaded; `defer`: not now. */
type Difference = { reason: string } | 'defer' | null;

/**
 * Membership counts always. The rest counts too, unless somebody else reloaded the map as it is now:
 * that is followed until its paths change.
 */
function differenceOf(
  ctx: ReconcileContext,
  map: MultipathMap,
  found: Classified,
  paths: readonly Path[],
  wanted: MultipathTable,
): Difference {
  const leaving = found.leaving.map(({ devt, why }) => `${devt} leaves (${why})`);
  const ejected = found.members
    .filter((path) => !paths.includes(path))
    .map((path) => `${path.name} leaves (${path.reason?.text})`);
  const joining = paths.filter((path) => path.map === null).map((path) => `${path.name} joins`);
  const changes = [...leaving, ...ejected, ...joining];
  if (changes.length > 0) {
    ctx.reloadedByOthers.delete(map.uuid);
    return { reason: changes.join(', ') };
  }
  if (map.table === null || ctx.reloadedByOthers.has(map.uuid)) return null;
  // Groups of paths that are being read again would be of yesterday; each answer asks for this anew.
  if (paths.some((path) => blockPending(ctx, path.name))) return 'defer';
  if (ctx.reloadAnyway.has(map.uuid))
    return { reason: sameTable(map.table, wanted).difference ?? 'the tables of all maps are loaded again' };
  return settingsDiffer(ctx, map, map.table, wanted);
}

/** What priorities alone ask for comes when failback lets it. */
function settingsDiffer(ctx: CoreContext, map: MultipathMap, have: MultipathTable, wanted: MultipathTable): Difference {
  const compared = sameTable(have, wanted);
  if (!compared.same && compared.kind !== 'groups') return { reason: compared.difference };
  if (!compared.same)
    return map.failback.anew || mayFailBack(ctx, map, null) ? { reason: compared.difference } : 'defer';
  if (!isDisordered(ctx, map, have, wanted)) return null;
  return mayFailBack(ctx, map, null) ? { reason: 'its groups are not in the order of their priorities' } : 'defer';
}

/**
 * The order alone is left as it is where failback is the administrator's business, and where a map is only found so.
 */
function isDisordered(ctx: CoreContext, map: MultipathMap, have: MultipathTable, wanted: MultipathTable): boolean {
  const { policy } = map.failback;
  return policy !== null && policy !== 'manual' && !sameOrder(have, wanted) && isOutOfOrder(ctx, map);
}

function holdMisfits(ctx: CoreContext, map: MultipathMap, refused: readonly Path[], fitting: readonly Path[]): void {
  for (const path of refused) {
    const text = `its size (${path.facts?.sizeSectors} sectors) is not the map's (${map.facts.targets[0]?.lengthSectors})`;
    if (path.reason?.text !== text) log(ctx, 'error', `${text}: kept out of ${map.facts.name}`, path.name);
    path.reason = { kind: 'size', text };
  }
  for (const path of fitting) path.reason = null;
}
