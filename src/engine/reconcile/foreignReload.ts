/** Tables that somebody else loads, told apart from our own. */
import type { MultipathMap } from '../../model/map';
import type { MultipathTable } from '../../model/table';
import type { Seq } from '../../model/units';
import { parseTable } from '../../policy/table';
import { log, markForReconcile } from '../core/core';
import { tableDevts } from '../inventory/membership';
import { wasReloadedWithin } from './acceptedWrites';
import type { ReconcileContext } from './state';

/**
 * A table that comes so soon after ours was made before it, by a tool, or by a daemon that was killed in the middle,
 * ms.
 */
const AT_ONCE_MS = 1_000;

/**
 * Somebody else loaded another table: mpathd follows it, as the kernel's table is the true one. A path that was left
 * out stays out until it comes anew or an administrator adds it.
 */
export function noteForeignReload(
  ctx: ReconcileContext,
  map: MultipathMap,
  before: MultipathTable | null,
  knownBefore: Seq,
): void {
  if (map.operation !== null || before === null || map.table === null || map.table === before) return;
  const now = shapeOf(map.table);
  if (shapeOf(before) === now) return;
  const ordered = map.lastLoaded === null ? null : parseTable(map.lastLoaded);
  if (ordered !== null && shapeOf(ordered) === now) {
    log(ctx, 'notice', 'the table of a reload that was reported as failed is in force', map.facts.name);
    return;
  }
  log(
    ctx,
    'notice',
    `was reloaded by someone else: [${map.facts.targets[0]?.table.trim()}]; mpathd follows this table`,
    map.facts.name,
  );
  ctx.reloadedByOthers.add(map.uuid);
  // It says nothing about paths that whoever made it could not know of.
  if (wasReloadedWithin(ctx, map, AT_ONCE_MS)) return;
  const named = new Set(tableDevts(map));
  for (const { devt } of before.groups.flatMap((group) => group.paths)) {
    const path = named.has(devt) ? undefined : ctx.store.pathByDevt(devt);
    // A disk that came under the number of one that left was never in the map.
    if (path === undefined || path.wwid !== map.wwid || path.enteredAt > knownBefore) continue;
    path.leftOutByReload = true;
    path.reason = {
      kind: 'left-out',
      text: `left out of ${map.facts.name} by someone else's reload; \`add path\` brings it back`,
    };
  }
}

/**
 * The map is gone, or another was made in its place: that would lack the paths that were left out, and keep its groups,
 * for good.
 */
export function forgetForeignReload(ctx: ReconcileContext, map: MultipathMap): void {
  ctx.reloadedByOthers.delete(map.uuid);
  for (const path of ctx.store.pathsOfWwid(map.wwid)) {
    if (!path.leftOutByReload) continue;
    path.leftOutByReload = false;
    path.reason = null;
    markForReconcile(ctx, map.wwid);
  }
}

/** Groups and selectors, without what the kernel changes by itself (current group, queueing, order of print). */
function shapeOf(table: MultipathTable): string {
  const groups = table.groups.map(
    (g) =>
      `${g.selector}(${g.paths
        .map((p) => p.devt)
        .sort()
        .join(' ')})`,
  );
  return groups.sort().join(' ');
}
