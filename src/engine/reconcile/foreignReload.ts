/** Tables that somebody else loads, as distinct from our own. */
import type { MultipathMap } from '../../model/map';
import type { MultipathTable } from '../../model/table';
import type { Seq } from '../../model/units';
import { parseTable } from '../../policy/table';
import { log, markForReconcile } from '../core/core';
import { tableDevts } from '../inventory/membership';
import { wasReloadedWithin } from './acceptedWrites';
import type { ReconcileContext } from './state';

/**
 * If another table comes within this time, ms, after ours, its maker did not know of ours: a tool, or a daemon that was
 * killed in the middle.
 */
const AT_ONCE_MS = 1_000;

/**
 * Somebody else loaded another table. mpathd follows it, since the kernel's table is the true one. A path that the
 * table lacks stays out until it comes anew or an administrator adds it.
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
  // The maker of this table did not know of the newest paths, so the table says nothing about them.
  if (wasReloadedWithin(ctx, map, AT_ONCE_MS)) return;
  const named = new Set(tableDevts(map));
  for (const { devt } of before.groups.flatMap((group) => group.paths)) {
    const path = named.has(devt) ? undefined : ctx.store.pathByDevt(devt);
    // A disk that took the number of a disk that left was never in the map.
    if (path === undefined || path.wwid !== map.wwid || path.enteredAt > knownBefore) continue;
    path.leftOutByReload = true;
    path.reason = {
      kind: 'left-out',
      text: `left out of ${map.facts.name} by someone else's reload; \`add path\` brings it back`,
    };
  }
}

/**
 * Forgets a foreign reload, because the map is gone or was made anew. Otherwise a new map would never get the paths
 * that were left out, and would keep its groups.
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

/**
 * The groups and selectors of a table, without what the kernel changes by itself (current group, queueing, order of
 * print).
 */
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
