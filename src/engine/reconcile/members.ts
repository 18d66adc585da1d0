/** Whose are the device numbers in a map's live table, and who should be there? */
import type { DevT } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import { isUsable, type Path } from '../../model/path';
import type { CoreContext } from '../core/core';
import { requestBlock } from '../core/questions';
import { checkSoon } from '../health/checks';
import { leadsElsewhereNow } from '../health/lunIdentity';
import { hindranceOf } from '../health/rules';
import { tableDevts } from '../inventory/membership';
import type { InventoryContext } from '../inventory/state';
import type { SettingsContext } from '../settings/state';
import { isFresh } from './freshness';

export interface Classified {
  /** In the table, and of this LUN. */
  members: Path[];
  /** In the table, and nothing (yet) speaks against them: kept as they are. */
  unknown: DevT[];
  /**
   * In the table, and proved to be gone, taken out by an administrator, blacklisted, or another LUN's; `stopIo`: not
   * even until it is out may I/O go there.
   */
  leaving: Array<{ devt: DevT; why: string; stopIo: boolean; blacklisted: boolean }>;
  /** Not in the table, but of this LUN and free. */
  joining: Path[];
}

export function classify(ctx: InventoryContext, map: MultipathMap): Classified {
  const result: Classified = { members: [], unknown: [], leaving: [], joining: [] };
  const inTable = new Set(tableDevts(map));
  for (const devt of inTable) classifyDevt(ctx, map, devt, result);
  for (const path of ctx.store.pathsOfWwid(map.wwid)) {
    if (!inTable.has(path.devt) && isFree(ctx, path)) result.joining.push(path);
  }
  keepLastPaths(ctx, map, result);
  return result;
}

/** Identified beyond doubt, wanted, and in nobody's table. */
export function isFree(ctx: SettingsContext, path: Path): boolean {
  return (
    path.init === 'ok' &&
    !path.leftOutByReload &&
    path.map === null &&
    path.facts !== null &&
    hindranceOf(ctx, path) === null
  );
}

function classifyDevt(ctx: InventoryContext, map: MultipathMap, devt: DevT, result: Classified): void {
  const path = ctx.store.pathByDevt(devt);
  if (path === undefined) {
    if (ctx.absentDevts.has(devt))
      result.leaving.push({ devt, why: 'the disk is gone', stopIo: true, blacklisted: false });
    else if (isDismissed(ctx, devt))
      result.leaving.push({ devt, why: 'taken out by the administrator', stopIo: false, blacklisted: false });
    else result.unknown.push(devt);
  } else if (path.live.otherWwid !== null) {
    if (path.live.otherWwid === map.wwid || !leadsElsewhereNow(ctx, path)) result.unknown.push(devt);
    else
      result.leaving.push({
        devt,
        why: `${path.name} leads to another LUN, ${path.live.otherWwid}`,
        stopIo: true,
        blacklisted: false,
      });
  } else if (path.wwid === null && !path.blacklisted) {
    result.unknown.push(devt);
  } else if (path.wwid !== null && (path.wwid !== map.wwid || isMisfit(path, map))) {
    if (!isProved(ctx, path)) result.unknown.push(devt);
    else if (path.wwid === map.wwid) result.members.push(path);
    else
      result.leaving.push({
        devt,
        why: `${path.name} leads to another LUN, ${path.wwid}`,
        stopIo: true,
        blacklisted: false,
      });
  } else if (path.blacklisted) {
    if (isJustSeen(ctx, path))
      result.leaving.push({ devt, why: `${path.name} is ${path.reason?.text}`, stopIo: false, blacklisted: true });
    else result.unknown.push(devt);
  } else {
    result.members.push(path);
  }
}

/**
 * A map that is in use keeps blacklisted paths while it has no other that works: whoever uses it must
 * not lose the disk over a line in a file. That another works is seen by a check of a moment ago.
 */
function keepLastPaths(ctx: SettingsContext, map: MultipathMap, found: Classified): void {
  if (map.facts.openCount === 0 || !found.leaving.some(({ blacklisted }) => blacklisted)) return;
  const working = found.members.filter((path) => isUsable(path.check.state));
  if (working.some(({ check }) => check.lastAt !== null && isFresh(ctx, check.lastAt))) return;
  for (const path of working) if (!path.check.inFlight) checkSoon(ctx, path);
  for (const { devt, blacklisted } of found.leaving) if (blacklisted) found.unknown.push(devt);
  found.leaving = found.leaving.filter(({ blacklisted }) => !blacklisted);
}

function isMisfit(path: Path, map: MultipathMap): boolean {
  const sectors = map.facts.targets[0]?.lengthSectors;
  return path.facts !== null && sectors !== undefined && path.facts.sizeSectors !== sectors;
}

/**
 * A path that is to leave is looked at once more: it may have been given back to this LUN since. If
 * that fails, what was last seen counts: I/O must not go to another LUN for want of an answer.
 */
function isProved(ctx: CoreContext, path: Path): boolean {
  return path.stale !== null || isJustSeen(ctx, path);
}

function isJustSeen(ctx: CoreContext, path: Path): boolean {
  if (path.stale === null && path.readAt !== null && isFresh(ctx, path.readAt)) return true;
  requestBlock(ctx, path.name);
  return false;
}

/**
 * Whether the disk of this number is one that was taken out: its name and number may be another's by now, so it is
 * looked at.
 */
function isDismissed(ctx: InventoryContext, devt: DevT): boolean {
  for (const [key, shownAt] of ctx.takenOutPaths) {
    if (!key.startsWith(`${devt}#`)) continue;
    if (isFresh(ctx, shownAt)) return true;
    requestBlock(ctx, devt);
  }
  return false;
}
