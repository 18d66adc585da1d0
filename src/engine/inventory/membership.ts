/** Which paths are in which maps. The kernel's live tables say this, and the path and map tables follow them. */
import type { DevT } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import { markForReconcile } from '../core/core';
import { requestBlock } from '../core/questions';
import { identifyByMap } from './identify';
import type { InventoryContext } from './state';

const NOBODY: ReadonlySet<string> = new Set();

/** The UUIDs of the maps whose live table names this number. There is more than one only by somebody's mistake. */
export function holdersOf(ctx: InventoryContext, devt: DevT): ReadonlySet<string> {
  return ctx.holders.get(devt) ?? NOBODY;
}

/** The device numbers in a map's live table. */
export function tableDevts(map: MultipathMap): DevT[] {
  const devts: DevT[] = [];
  for (const group of map.table?.groups ?? []) for (const { devt } of group.paths) devts.push(devt);
  return devts;
}

/**
 * Called when a map's table was read, or when the map is gone (`after` is empty). Brings the index and the paths in
 * step.
 */
export function noteTable(
  ctx: InventoryContext,
  map: MultipathMap,
  before: readonly DevT[],
  after: readonly DevT[],
): void {
  const now = new Set(after);
  for (const devt of before) {
    if (now.has(devt)) continue;
    ctx.lookedUp.delete(devt);
    const holders = ctx.holders.get(devt);
    holders?.delete(map.uuid);
    if (holders?.size === 0) {
      ctx.holders.delete(devt);
      ctx.absentDevts.delete(devt);
    }
  }
  for (const devt of now) {
    const holders = ctx.holders.get(devt);
    if (holders === undefined) ctx.holders.set(devt, new Set([map.uuid]));
    else holders.add(map.uuid);
  }
  for (const devt of new Set([...before, ...after])) {
    const path = ctx.store.pathByDevt(devt);
    if (path !== undefined) updateMembership(ctx, path);
  }
}

/** Called when a map's table has not changed. The states of its paths may have changed. */
export function updateMembers(ctx: InventoryContext, map: MultipathMap): void {
  for (const group of map.table?.groups ?? []) {
    for (const { devt } of group.paths) {
      const path = ctx.store.pathByDevt(devt);
      if (path !== undefined) updateMembership(ctx, path);
    }
  }
}

/** Sets a path's map and dm state from the tables. */
export function updateMembership(ctx: InventoryContext, path: Path): void {
  const map = mapHolding(ctx, path);
  const mapBefore = path.map;
  path.map = map?.uuid ?? null;
  if (path.map !== mapBefore) ctx.changed.paths.add(path);
  // A path that is free now may be what its own LUN waits for, to reload its map or to make one.
  if (path.map !== mapBefore) markForReconcile(ctx, path.wwid);
  if (path.map !== mapBefore && map !== undefined) identifyByMap(ctx, path, map.wwid);
  if (path.map === null && mapBefore !== null) {
    // sysfs tells the holders of a disk. Another map may wait until this map does not hold the disk any more.
    requestBlock(ctx, path.name);
    ctx.announce({ kind: 'path-left-map', path });
  }
  const before = path.dmState;
  path.dmState = map === undefined ? 'undef' : dmStateOf(map, path.devt);
  if (path.dmState === 'failed' && before !== 'failed') ctx.announce({ kind: 'path-failed', path, map });
  if (path.dmState === 'active' && before === 'failed') ctx.announce({ kind: 'path-revived', path });
}

/**
 * Of the maps that hold the path, that of its WWID, or else that of the WWID which its disk gives: udev's record may be
 * wrong. Or else the first.
 */
function mapHolding(ctx: InventoryContext, path: Path): MultipathMap | undefined {
  const maps = [...holdersOf(ctx, path.devt)].flatMap((uuid) => ctx.store.maps.get(uuid) ?? []);
  const named = (wwid: string | null): MultipathMap | undefined => maps.find((map) => map.wwid === wwid);
  return named(path.wwid) ?? named(path.identifiedBy?.sysfs ?? null) ?? maps[0];
}

function dmStateOf(map: MultipathMap, devt: DevT): Path['dmState'] {
  for (const group of map.status?.groups ?? []) {
    for (const path of group.paths) if (path.devt === devt) return path.state;
  }
  return 'undef';
}
