/** Decides which device numbers in a map's live table belong there, and which paths are missing from it. */
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
import type { Classified } from './classified';
import { isFresh } from './freshness';
import { keepToOneLun } from './oneLun';

export function classify(ctx: InventoryContext, map: MultipathMap): Classified {
  const result: Classified = { members: [], unknown: [], leaving: [], joining: [] };
  const inTable = new Set(tableDevts(map));
  for (const devt of inTable) classifyDevt(ctx, map, devt, result);
  for (const path of ctx.store.pathsOfWwid(map.wwid)) {
    if (!inTable.has(path.devt) && isFree(ctx, path)) result.joining.push(path);
  }
  keepToOneLun(ctx, map, result);
  keepLastPaths(ctx, map, result);
  return result;
}

/** True if the path is identified beyond doubt, is wanted, and is in no table. */
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
 * A map in use keeps its blacklisted paths while no other path works: its user must not lose the disk because of a line
 * in a file. A path counts as working if a check has shown this a moment ago.
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
 * True if the path's new identity is certain. A path that is to leave is read once more, because the array may have
 * given the LUN back. If this reading fails, the last one counts: I/O must not go to another LUN for want of an answer.
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
 * True if the disk with this number is one that an administrator took out. The number may belong to another disk by
 * now, so the disk is read.
 */
function isDismissed(ctx: InventoryContext, devt: DevT): boolean {
  for (const [key, { at: shownAt }] of ctx.takenOutPaths) {
    if (!key.startsWith(`${devt}#`)) continue;
    if (isFresh(ctx, shownAt)) return true;
    requestBlock(ctx, devt);
  }
  return false;
}
