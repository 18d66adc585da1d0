/**
 * No map is over two LUNs, whatever gave its paths their common WWID. A path whose disk contradicts the others is held
 * out, with an error that names both disks (policy/oneLun.ts says which one stays).
 */
import type { DevT } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import { describeLun } from '../../policy/compareLuns';
import { divideMap, divideNew, givesWwid } from '../../policy/oneLun';
import { log } from '../core/core';
import { requestBlock } from '../core/questions';
import { tableDevts } from '../inventory/membership';
import type { InventoryContext } from '../inventory/state';
import { isFresh } from './freshness';
import type { Classified } from './classified';

/**
 * Moves the members that contradict the other ones to those that leave, and drops such paths from those that join. What
 * is known of a path that is to leave, and of the path that it contradicts, must have been read a moment ago. Until
 * then the path stays where it is, and no path joins. Paths in the table that are unknown otherwise count, too, and so
 * do blacklisted ones: a map in use may keep them.
 */
export function keepToOneLun(ctx: InventoryContext, map: MultipathMap, found: Classified): void {
  const mayStay = new Set([
    ...found.members.map(({ devt }) => devt),
    ...found.unknown,
    ...found.leaving.filter(({ blacklisted }) => blacklisted).map(({ devt }) => devt),
  ]);
  const there = tableDevts(map).flatMap((devt) => (mayStay.has(devt) ? (ctx.store.pathByDevt(devt) ?? []) : []));
  awaitUnreadMembers(ctx, map, found, mayStay);
  const { others } = divideMap(map.wwid, there, found.joining, servingDevts(map));
  if (others.length === 0) return;
  for (const { path, than } of others) {
    if (!there.includes(path)) {
      found.joining = found.joining.filter((one) => one !== path);
      holdOut(ctx, path, than, `kept out of ${map.facts.name}`);
      continue;
    }
    if (!found.members.includes(path)) {
      found.joining = [];
      continue;
    }
    found.members = found.members.filter((one) => one !== path);
    if ([path, than].map((one) => isJustRead(ctx, one)).includes(false)) {
      found.unknown.push(path.devt);
      found.joining = [];
      continue;
    }
    const why = holdOut(ctx, path, than, `taken out of ${map.facts.name}`);
    found.leaving.push({ devt: path.devt, why: `${path.name}: ${why}`, stopIo: true, blacklisted: false });
  }
}

/**
 * A WWID that the disk itself does not give may come from a wrong record. A path with such a WWID joins only when the
 * disks of all members could be read: until then nobody knows that they are the same LUN.
 */
function awaitUnreadMembers(
  ctx: InventoryContext,
  map: MultipathMap,
  found: Classified,
  mayStay: ReadonlySet<DevT>,
): void {
  const unread = [...mayStay].find((devt) => (ctx.store.pathByDevt(devt)?.facts ?? null) === null);
  if (unread === undefined) return;
  found.joining = found.joining.filter((path) => {
    if (givesWwid(map.wwid, path)) return true;
    const text = `${unread} in ${map.facts.name} could not be read yet, and the disk itself does not give the WWID ${map.wwid}`;
    if (path.reason?.text !== text) log(ctx, 'info', `${text}: the path waits`, path.name);
    path.reason = { kind: 'held', text };
    return false;
  });
}

/** The paths of which a new map may be made: none that contradict each other. All others keep the reason. */
export function ofOneLun(ctx: InventoryContext, wwid: string, paths: Path[]): Path[] {
  const { kept, others } = divideNew(wwid, paths);
  const end = kept.length === 0 ? `no map of ${wwid} is made` : `kept out of the map of ${wwid}`;
  for (const { path, than } of others) holdOut(ctx, path, than, end);
  return kept;
}

/** The reason that the path keeps; `end`: what becomes of it, for the log. */
function holdOut(ctx: InventoryContext, path: Path, than: Path, end: string): string {
  const lunOf = ({ facts, identifiedBy }: Path): string =>
    identifiedBy?.sysfs ?? (facts === null ? 'an unknown LUN' : describeLun(facts));
  const text = `another LUN has its WWID: its disk is ${lunOf(path)}, and ${than.name} is ${lunOf(than)}`;
  if (path.reason?.text !== text)
    log(
      ctx,
      'error',
      `${text}; both have the WWID ${path.wwid ?? ''} (by ${path.wwidSource ?? 'nobody'}): ${end}`,
      path.name,
    );
  path.reason = { kind: 'contradiction', text };
  return text;
}

/** True if the path was read a moment ago, or cannot be read: then its last reading counts. Else it is read again. */
function isJustRead(ctx: InventoryContext, path: Path): boolean {
  if (path.stale !== null || (path.readAt !== null && isFresh(ctx, path.readAt))) return true;
  requestBlock(ctx, path.name);
  return false;
}

/** The numbers of the paths in the group that the kernel uses now. */
function servingDevts(map: MultipathMap): ReadonlySet<string> {
  const groups = map.status?.groups.filter(({ state }) => state === 'active') ?? [];
  return new Set(groups.flatMap(({ paths }) => paths.map(({ devt }) => devt)));
}
