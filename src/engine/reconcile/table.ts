/** Which paths a map should have, in which groups. A reload closes the difference. */
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
import type { Classified } from './classified';
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
 * The kernel may refuse each new table (the LUN has become smaller than its map). Until it accepts one, no I/O may go
 * by a path that leads to another LUN, or to a disk that is gone.
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

/**
 * The paths that may join now. If some are being read again, all join with the last answer, in one reload. But a path
 * that leaves never waits for them.
 */
function readyToJoin(ctx: InventoryContext, map: MultipathMap, found: Classified): Path[] {
  const fresh = freshOf(ctx, found.joining, map.facts.devt);
  const awaited = found.joining.some((path) => path.stale === null && !fresh.includes(path));
  return awaited && found.leaving.length === 0 ? [] : fresh;
}

/** Why a table is to be loaded. `defer`: a difference for which the time has not come. */
type Difference = { reason: string } | 'defer' | null;

/**
 * A difference of members always counts. Other differences count unless somebody else reloaded the map: mpathd follows
 * that table until the map's paths change.
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
  // Groups of paths that are being read again would be outdated. Each answer leads here again.
  if (paths.some((path) => blockPending(ctx, path.name))) return 'defer';
  if (ctx.reloadAnyway.has(map.uuid))
    return { reason: sameTable(map.table, wanted).difference ?? 'the tables of all maps are loaded again' };
  return settingsDiffer(ctx, map, map.table, wanted);
}

/** A difference that comes from priorities alone is closed when failback allows it. */
function settingsDiffer(ctx: CoreContext, map: MultipathMap, have: MultipathTable, wanted: MultipathTable): Difference {
  const compared = sameTable(have, wanted);
  if (!compared.same && compared.kind !== 'groups') return { reason: compared.difference };
  if (!compared.same)
    return map.failback.anew || mayFailBack(ctx, map, null) ? { reason: compared.difference } : 'defer';
  if (!isDisordered(ctx, map, have, wanted)) return null;
  return mayFailBack(ctx, map, null) ? { reason: 'its groups are not in the order of their priorities' } : 'defer';
}

/**
 * True if only the order of the groups is wrong and mpathd should correct it. The order stays if failback is the
 * administrator's business, or if mpathd has only found the map in this state.
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
