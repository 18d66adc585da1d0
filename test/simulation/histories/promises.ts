/**
 * The rules of truth (docs/design.md). Each is a function with a name, and compares the daemon with what the simulated
 * kernel really has. A function returns what is wrong, or null.
 */
import { pathKey, uuidOfWwid, wwidOfUuid } from '../../../src/model/identity';
import type { NoPathRetry } from '../../../src/model/map';
import type { MultipathTable } from '../../../src/model/table';
import type { Tables } from '../../../src/model/tables';
import { sameOrder, sameTable } from '../../../src/policy/compareTables';
import { parseTable } from '../../../src/policy/table';
import { tableLine } from '../../../src/simulator/multipathTarget';
import { pathsOf, type SimDisk, type SimDm, type World } from '../../../src/simulator/world';
import type { Rig } from '../rig';
import { MAP_OF_LIE } from './lies';

export interface Scene {
  tables: Tables;
  world: Readonly<World>;
  /** What administrators and other tools removed on purpose. */
  dismissed: { maps: ReadonlySet<string>; paths: ReadonlySet<string>; banned: ReadonlySet<string> };
  /** The configured no_path_retry. */
  retry: NoPathRetry;
  /**
   * The contents of the tables after the previous step: keys of paths and UUIDs of maps, with the age of the knowledge
   * about them.
   */
  seen: { paths: Map<string, number>; maps: Map<string, { diskseq: number | null; known: number }> };
  /** True if the device has not changed for so long that the daemon can have read it. */
  isSettled(thing: SimDisk | SimDm): boolean;
  /**
   * True if the daemon may not know the disk's LUN yet: it knows only the disk that had this number before, or the disk
   * got another LUN so lately that the checks may not have told.
   */
  mayLeadElsewhere(disk: SimDisk): boolean;
  /** True if somebody has had the map open for so long that the daemon can have read it. */
  isInUse(dm: SimDm): boolean;
}

/** A write that the daemon orders. */
export type Order =
  | { kind: 'create'; uuid: string; name: string; sizeSectors: number; params: string }
  | { kind: 'reload'; uuid: string; sizeSectors: number; params: string }
  | { kind: 'remove'; uuid: string }
  | { kind: 'rename'; uuid: string; to: string }
  | { kind: 'message'; uuid: string; message: string };

/** An entry leaves the tables only on evidence that its device is gone. */
export function nothingRemovedWithoutEvidence({ tables, world, dismissed, seen }: Scene): string | null {
  for (const key of seen.paths.keys()) {
    if (tables.paths.has(key)) continue;
    seen.paths.delete(key);
    const [devt = '', diskseq = ''] = key.split('#');
    const disk = world.disksByDevt.get(devt);
    if (disk?.present === true && String(disk.diskseq) === diskseq && !dismissed.paths.has(key))
      return `path ${key} is forgotten and still there`;
  }
  for (const [uuid, { diskseq }] of seen.maps) {
    if (tables.maps.has(uuid)) continue;
    seen.maps.delete(uuid);
    const dm = world.dmByUuid.get(uuid);
    if (dm !== undefined && dm.diskseq === diskseq && dm.live?.kind !== 'other')
      return `map ${uuid} is forgotten and still there`;
  }
  return null;
}

/** An older answer never replaces a newer one. */
export function knowledgeGoesForward({ tables, seen }: Scene): string | null {
  for (const { key, known } of tables.paths.values()) {
    const before = seen.paths.get(key) ?? 0;
    if (known < before) return `of path ${key} input ${known} is known, and ${before} was`;
  }
  for (const { uuid, known, facts } of tables.maps.values()) {
    const before = seen.maps.get(uuid);
    if (before !== undefined && before.diskseq === facts.diskseq && known < before.known)
      return `of map ${uuid} input ${known} is known, and ${before.known} was`;
  }
  return null;
}

/** A path is in one map, and the two views in the tables agree on this. */
export function noPathInTwoMaps({ tables }: Scene): string | null {
  for (const { key, devt, map } of tables.paths.values())
    if (map !== null && !isNamed(tables.maps.get(map)?.table ?? null, devt))
      return `${key} is said to be in ${map}, whose table lacks it`;
  return null;
}

/** Loops, since it is asked for each path after each step. */
function isNamed(table: MultipathTable | null, devt: string): boolean {
  for (const { paths } of table?.groups ?? []) for (const path of paths) if (path.devt === devt) return true;
  return false;
}

/** One number or name belongs to one device at a time. */
export function namesAreOneDevices({ tables }: Scene): string | null {
  const taken = new Set<string>();
  for (const { devt, key } of tables.paths.values()) {
    if (taken.has(devt)) return `${devt} is held by two paths, one is ${key}`;
    taken.add(devt);
  }
  return null;
}

/** An entry that could not be read is kept, and read again within a bounded time. */
export function everyStaleEntryHasARetry({ tables }: Scene): string | null {
  for (const entry of [...tables.paths.values(), ...tables.maps.values()]) {
    if (entry.stale !== null && !(entry.stale.retryAt <= tables.now + 2_000))
      return `${JSON.stringify(entry.stale)} has no retry`;
  }
  return null;
}

/** For each device only a few readings may be under way, whatever happens. */
export function whatIsUnderWayIsBounded({ tables, world }: Scene): string | null {
  const bound = 64 + 4 * (tables.paths.size + tables.maps.size + world.disks.size + world.dmByName.size);
  return tables.truth.pending > bound
    ? `${tables.truth.pending} readings are under way for ${bound / 4} devices`
    : null;
}

export const STEP_PROMISES = {
  nothingRemovedWithoutEvidence,
  knowledgeGoesForward,
  noPathInTwoMaps,
  namesAreOneDevices,
  everyStaleEntryHasARetry,
  whatIsUnderWayIsBounded,
};

/** The LUN whose data is behind a disk now, whatever LUN the kernel takes it for. */
export const liveWwid = ({ unseen, wwid }: SimDisk): string => unseen?.wwid ?? wwid;

function orderedDevts(order: Order): string[] {
  if (order.kind !== 'create' && order.kind !== 'reload') return [];
  return parseTable(order.params)?.groups.flatMap((group) => group.paths.map(({ devt }) => devt)) ?? [];
}

/** A path that joins a map has the map's LUN and size, and is in no other map. */
export function onlyOwnPathsJoin({ world, isSettled }: Scene, order: Order): string | null {
  if (order.kind !== 'create' && order.kind !== 'reload') return null;
  const present = new Set([...pathsOf(world.dmByUuid.get(order.uuid)?.live ?? null)].map(({ disk }) => disk.devt));
  for (const devt of orderedDevts(order)) {
    const disk = world.disksByDevt.get(devt);
    if (disk === undefined || present.has(devt) || !isSettled(disk) || !disk.present) continue;
    if (order.uuid !== MAP_OF_LIE && disk.wwid !== wwidOfUuid(order.uuid))
      return `${disk.name} of ${disk.wwid} is to join ${order.uuid}`;
    if (disk.sizeSectors < order.sizeSectors)
      return `${disk.name} of ${disk.sizeSectors} sectors is to join ${order.uuid} of ${order.sizeSectors}`;
    for (const holder of disk.holders) {
      if (holder.uuid !== order.uuid && holder.live !== null && isSettled(holder))
        return `${disk.name} is in ${holder.uuid} and is to join ${order.uuid}`;
    }
  }
  return null;
}

/**
 * No path joins paths of another LUN, whatever name all of them have. Each path is read again before it joins; the LUN
 * of one that is in the map is known by its last check, and noIoGoesAstray is the promise for it.
 */
export function noTwoLunsInOneMap({ world, isSettled, mayLeadElsewhere }: Scene, order: Order): string | null {
  if (order.kind !== 'create' && order.kind !== 'reload') return null;
  const present = new Set([...pathsOf(world.dmByUuid.get(order.uuid)?.live ?? null)].map(({ disk }) => disk.devt));
  const disks = orderedDevts(order).flatMap((devt) => world.disksByDevt.get(devt) ?? []);
  const settled = disks.filter((disk) => disk.present && isSettled(disk));
  for (const joining of settled) {
    if (present.has(joining.devt)) continue;
    const other = settled.find(
      (disk) => disk.wwid !== joining.wwid && !(present.has(disk.devt) && mayLeadElsewhere(disk)),
    );
    if (other !== undefined)
      return `${joining.name} of ${joining.wwid} is to join ${other.name} of ${other.wwid} in ${order.uuid}`;
  }
  return null;
}

/** No map that is as it should be is written. */
export function noReloadOfAMatchingMap({ world, isSettled }: Scene, order: Order): string | null {
  if (order.kind !== 'reload') return null;
  const dm = world.dmByUuid.get(order.uuid);
  const live = dm?.live;
  if (dm === undefined || live?.kind !== 'multipath' || dm.inactive !== null || dm.suspended || !isSettled(dm))
    return null;
  if (live.target.sizeSectors !== order.sizeSectors) return null;
  const [now, then] = [parseTable(tableLine(live.target)), parseTable(order.params)];
  if (now === null || then === null || sameTable(now, then).difference !== null || !sameOrder(now, then)) return null;
  return `${dm.name} has the table that is loaded again: ${order.params}`;
}

/**
 * Queueing ends only if `fail` or a number of checks is configured. With a number it does not end while a path works
 * that nobody removed.
 */
export function noQueuedIoIsLost({ world, isSettled, retry, dismissed }: Scene, order: Order): string | null {
  const dm = world.dmByUuid.get(order.uuid);
  if (dm?.live?.kind !== 'multipath' || !dm.live.target.queueIfNoPath || !isSettled(dm)) return null;
  const ends =
    order.kind === 'message'
      ? order.message === 'fail_if_no_path'
      : order.kind === 'reload' && !order.params.includes('queue_if_no_path');
  if (!ends || retry === 'fail') return null;
  if (typeof retry !== 'number') return `${dm.name} loses its queueing`;
  for (const { disk, active } of pathsOf(dm.live)) {
    const works =
      active &&
      disk.present &&
      disk.state === 'running' &&
      ['up', 'ghost'].includes(disk.answer) &&
      liveWwid(disk) === wwidOfUuid(dm.uuid);
    if (works && isSettled(disk) && !dismissed.paths.has(pathKey(disk.devt, disk.diskseq)))
      return `${dm.name} loses its queueing, and ${disk.name} works`;
  }
  return null;
}

/** True if some configuration, which may be in force, has blacklisted the disk. */
function isBanned({ banned }: Scene['dismissed'], { wwid, name }: SimDisk): boolean {
  return banned.has(wwid) || banned.has(name);
}

/**
 * True if none of the paths that stay works. The kernel repeats I/O to a path in transition, so this I/O is not lost
 * (scsi_dh_alua.c).
 */
function isLast({ live }: SimDm, kept: ReadonlySet<string>, leaving: SimDisk): boolean {
  if (live?.kind !== 'multipath') return false;
  for (const { disk } of pathsOf(live))
    if (
      disk !== leaving &&
      kept.has(disk.devt) &&
      (disk.answer === 'up' || disk.answer === 'transitioning') &&
      disk.state === 'running'
    )
      return false;
  return true;
}

/** A path that works stays. A map that is in use is not removed. */
export function noIoIsLost({ world, isSettled, isInUse, dismissed }: Scene, order: Order): string | null {
  const dm = world.dmByUuid.get(order.uuid);
  if (dm === undefined || dm.live?.kind !== 'multipath' || !isSettled(dm)) return null;
  if (order.kind !== 'reload' && order.kind !== 'remove') return null;
  const kept = new Set(orderedDevts(order));
  for (const { disk } of pathsOf(dm.live)) {
    const works =
      disk.present &&
      disk.state === 'running' &&
      disk.wwid === wwidOfUuid(dm.uuid) &&
      liveWwid(disk) === disk.wwid &&
      disk.sizeSectors === dm.live.target.sizeSectors;
    if (!works || kept.has(disk.devt) || !isSettled(disk)) continue;
    // By udev's rules, if they are wrong, the disk belongs into that map.
    if (disk.holders.some(({ uuid }) => uuid === MAP_OF_LIE)) continue;
    if (isBanned(dismissed, disk) && !(isInUse(dm) && disk.answer === 'up' && isLast(dm, kept, disk))) continue;
    if (
      dismissed.paths.has(pathKey(disk.devt, disk.diskseq)) ||
      (order.kind === 'remove' && dismissed.maps.has(dm.uuid))
    )
      continue;
    return `${disk.name} is a good path of ${dm.name} and is to be taken out`;
  }
  return null;
}

/** A path that failed gets I/O again only after a proof that it still leads to the LUN. */
export function onlyOwnPathsAreReinstated({ world, isSettled }: Scene, order: Order): string | null {
  if (order.kind !== 'message' || !order.message.startsWith('reinstate_path ')) return null;
  const disk = world.disksByDevt.get(order.message.slice('reinstate_path '.length));
  if (disk === undefined || !disk.present || !isSettled(disk) || liveWwid(disk) === wwidOfUuid(order.uuid)) return null;
  if (order.uuid === MAP_OF_LIE && liveWwid(disk) === disk.wwid) return null;
  return `${disk.name} of ${liveWwid(disk)} is to be reinstated in ${order.uuid}`;
}

export const ORDER_PROMISES = {
  onlyOwnPathsAreReinstated,
  onlyOwnPathsJoin,
  noTwoLunsInOneMap,
  noReloadOfAMatchingMap,
  noIoIsLost,
  noQueuedIoIsLost,
};

/** Whatever happened, the tables equal the kernel's. */
export function tablesEqualTheKernels(rig: Rig): string | null {
  const [tables, kernel] = [rig.view(), rig.truth()];
  for (const uuid of new Set([...Object.keys(tables.maps), ...Object.keys(kernel.maps)])) {
    const [known, real] = [JSON.stringify(tables.maps[uuid]), JSON.stringify(kernel.maps[uuid])];
    if (known !== real) return `${uuid} is ${known} in the tables and ${real} in the kernel`;
  }
  const [known, real] = [tables.paths.join(' '), kernel.paths.join(' ')];
  return known === real ? null : `the paths are ${known} in the tables and ${real} in the kernel`;
}

/** Each check asks the disk which LUN it is. So no path leads to another LUN than the kernel takes it for. */
export function noPathLeadsAstray({ simulator }: Rig): string | null {
  for (const { name, unseen, wwid } of simulator.world.disks.values())
    if (unseen !== null && unseen.wwid !== wwid) return `${name} leads to ${unseen.wwid} and is taken for ${wwid}`;
  return null;
}

/** The daemon knows the right LUN of each path. */
export function everyPathIsIdentified(rig: Rig): string | null {
  for (const { devt, diskseq, wwid, name } of rig.simulator.world.disks.values()) {
    const known = rig.runtime.tables.paths.get(pathKey(devt, diskseq))?.wwid;
    if (known !== wwid) return `${name} leads to ${wwid} and is taken for ${known}`;
  }
  return null;
}

/** True if the LUN has become smaller than its map. Then the kernel accepts no table with its paths, from anybody. */
function isTooLarge(rig: Rig, uuid: string): boolean {
  const { world } = rig.simulator;
  const sectors = world.dmByUuid.get(uuid)?.live?.target.sizeSectors ?? 0;
  return [...world.disks.values()].some(({ wwid, sizeSectors }) => uuidOfWwid(wwid) === uuid && sizeSectors < sectors);
}

/** No map leads to another LUN, or to a disk that is gone. A path that answers is in use. */
export function mapsHoldTheirOwnPaths(rig: Rig): string | null {
  for (const [uuid, map] of rig.simulator.truth().maps) {
    for (const { devt, present, wwid, active } of map.paths) {
      if (!present && (active || !isTooLarge(rig, uuid))) return `${uuid} holds ${devt}, which is gone`;
      if (!present) continue;
      if (uuid !== uuidOfWwid(wwid) && (active || !isTooLarge(rig, uuid))) return `${uuid} holds ${devt} of ${wwid}`;
      if (uuid !== uuidOfWwid(wwid)) continue;
      if (!active) return `${devt} in ${uuid} is failed although it answers`;
    }
  }
  return null;
}

/**
 * A map without a path, whoever emptied it, is removed when nobody uses it, unless it queues and is to go on queueing.
 */
export function noEmptyMapIsLeft(rig: Rig): string | null {
  const { disks, dmByUuid } = rig.simulator.world;
  const luns = new Set([...disks.values()].map(({ wwid }) => uuidOfWwid(wwid)));
  for (const { uuid, name, live, openCount } of dmByUuid.values()) {
    if (wwidOfUuid(uuid) === null || live?.kind !== 'multipath' || openCount > 0 || luns.has(uuid)) continue;
    const flush = rig.runtime.settings(name)?.settings.find(({ keyword }) => keyword === 'flush_on_last_del')?.value;
    if (live.target.queueIfNoPath && flush === 'never') continue;
    if ([...pathsOf(live)].length === 0) return `${name} has no path, and nobody uses it`;
  }
  return null;
}

/**
 * True if a loaded table holds the disk, the map never got a live one, and somebody has it open: until it is closed
 * nobody can remove it.
 */
const isInTableOfOpenRest = ({ holders }: SimDisk): boolean =>
  [...holders].some(({ live, openCount }) => live === null && openCount > 0);

/** A LUN with two or more paths of one size has a map of all of them. */
export function wantedMapsExist(rig: Rig): string | null {
  const { world } = rig.simulator;
  const luns = new Map<string, SimDisk[]>();
  for (const disk of world.disks.values()) luns.set(disk.wwid, [...(luns.get(disk.wwid) ?? []), disk]);
  for (const [wwid, disks] of luns) {
    const sizes = new Set(disks.map(({ sizeSectors }) => sizeSectors));
    if (disks.length < 2 || sizes.size > 1 || disks.some(({ claimed }) => claimed)) continue;
    const dm = world.dmByUuid.get(uuidOfWwid(wwid));
    // Another tool gave the last possible name of the map to another LUN's map. An administrator must choose.
    if (dm === undefined && world.dmByName.has(wwid)) continue;
    if (disks.some(isInTableOfOpenRest)) continue;
    if (dm === undefined) return `there is no map of ${wwid}, which has ${disks.length} paths`;
    if (dm.live?.kind !== 'multipath') return `${dm.name} of ${wwid} has no table`;
    if (!sizes.has(dm.live.target.sizeSectors)) continue;
    const held = new Set([...pathsOf(dm.live)].map(({ disk }) => disk));
    const stuck = (disk: SimDisk): boolean =>
      disk.holders.some(({ uuid }) => uuid !== uuidOfWwid(wwid) && isTooLarge(rig, uuid));
    const missing = disks.find((disk) => !held.has(disk) && !stuck(disk));
    if (missing !== undefined) return `${missing.name} of ${wwid} is not in ${dm.name}`;
  }
  return null;
}

/** If a path works, the map queues or does not queue, as it is configured. */
export function queueingIsAsConfigured(rig: Rig): string | null {
  for (const dm of rig.simulator.world.dmByUuid.values()) {
    const { retry } = rig.runtime.tables.maps.get(dm.uuid)?.queueing ?? { retry: null };
    if (dm.live?.kind !== 'multipath' || retry === null || ![...pathsOf(dm.live)].some(({ active }) => active))
      continue;
    if (dm.live.target.queueIfNoPath !== (retry !== 'fail'))
      return `${dm.name} ${retry === 'fail' ? 'queues' : 'does not queue'}, and no_path_retry is ${retry}`;
  }
  return null;
}

/** No map is left in the middle of a write, whoever died in it. */
export function noMapIsLeftHalfDone(rig: Rig): string | null {
  for (const { uuid, name, live, inactive, suspended } of rig.simulator.world.dmByUuid.values()) {
    if (wwidOfUuid(uuid) === null || live === null) continue;
    if (suspended) return `${name} is left suspended`;
    if (inactive !== null) return `${name} has a table that is loaded and not live`;
  }
  return null;
}

export const QUIET_PROMISES = {
  noMapIsLeftHalfDone,
  queueingIsAsConfigured,
  tablesEqualTheKernels,
  noPathLeadsAstray,
  everyPathIsIdentified,
  mapsHoldTheirOwnPaths,
  wantedMapsExist,
  noEmptyMapIsLeft,
};
