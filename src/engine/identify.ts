/** From a disk's facts to its WWID, or to the reason why it has none. */
import { deviceIdentityOf } from '../config/device';
import { uidAttributeOfDisk } from '../config/uidAttributes';
import { eligibility } from '../policy/eligibility';
import { isContradicted, wwidFromSysfs, wwidFromUdev } from '../policy/wwid';
import type { BlockFacts } from '../model/facts';
import type { Path } from '../model/path';
import { log, touch, type Context } from './context';
import { decideWwid } from './decideWwid';

/** Brings a path's identity in line with its newest facts. The caller re-indexes the path. */
export function identify(ctx: Context, path: Path, facts: BlockFacts): void {
  const record = path.udevTrusted ? facts.udev : null;
  const seen: BlockFacts = { ...facts, udev: record };
  const mapWwid = wwidOfHoldingMap(ctx, path);

  const verdict = eligibility(seen);
  if (!verdict.eligible && mapWwid === null) {
    setIdentity(ctx, path, 'excluded', null, verdict.reason);
    return;
  }
  const fromUdev = wwidFromUdev(seen, uidAttributeOfDisk(ctx.configuration, deviceIdentityOf(facts), facts.name).value);
  const outdated = fromUdev !== null && isContradicted(fromUdev, seen);
  const sources = { udev: outdated ? null : fromUdev, sysfs: wwidFromSysfs(seen) };
  if (mustAwaitUdev(ctx, path, record, sources.sysfs !== null && sources.sysfs === mapWwid)) {
    setIdentity(ctx, path, 'udev-missing', null, "waiting for udev's record");
    ctx.timers.setSooner(`udev ${path.key}`, ctx.store.now + ctx.options.udevWaitMs);
    return;
  }
  const before =
    path.identifiedBy === null || path.wwid === null ? null : { sources: path.identifiedBy, wwid: path.wwid };
  const wwid = decideWwid(before, sources, mapWwid);
  if (wwid === null) {
    setIdentity(ctx, path, 'failed', null, 'no WWID in udev\'s record nor in sysfs');
    return;
  }
  if (before !== null && before.wwid !== wwid) {
    const leaves = mapWwid === null ? '' : ': it leaves its map';
    log(ctx, leaves === '' ? 'notice' : 'error', `is known as ${wwid} now, no longer as ${before.wwid}${leaves}`, path.name);
  }
  path.identifiedBy = {
    udev: sources.udev ?? path.identifiedBy?.udev ?? null,
    sysfs: sources.sysfs ?? path.identifiedBy?.sysfs ?? null,
  };
  path.wwidSource = wwid === sources.udev ? 'udev' : wwid === sources.sysfs ? 'sysfs' : path.wwidSource;
  setIdentity(ctx, path, 'ok', wwid, null);
}

/**
 * Whether facts that say what the last ones did leave the path as it is: it has its WWID, is in a map,
 * and udev's record, if there is one, was trusted before.
 */
export function isIdentifiedAnyway(path: Path, facts: BlockFacts): boolean {
  if (path.init !== 'ok' || path.map === null) return false;
  return facts.udev === null || (path.identifiedBy?.udev ?? null) !== null;
}

function wwidOfHoldingMap(ctx: Context, path: Path): string | null {
  return path.map === null ? null : (ctx.store.maps.get(path.map)?.wwid ?? null);
}

function mustAwaitUdev(
  ctx: Context,
  path: Path,
  record: Record<string, string> | null,
  provedByMap: boolean,
): boolean {
  if (record !== null || path.udevOverdue || ctx.store.truth.udev === 'absent') return false;
  // Identified already, or in the very map that its own VPD page names: nothing to wait for.
  return path.wwid === null && !provedByMap;
}

function setIdentity(ctx: Context, path: Path, init: Path['init'], wwid: string | null, reason: string | null): void {
  const changed = path.init !== init || path.wwid !== wwid;
  if (path.wwid !== wwid) {
    touch(ctx, path.wwid);
    if (wwid === null) path.identifiedBy = null;
  }
  path.init = init;
  path.wwid = wwid;
  touch(ctx, wwid);
  if (!changed) return;
  path.reason = reason;
  path.held = false;
  // A path that was not there before brings back a map that somebody had removed.
  if (wwid !== null && ctx.store.truth.phase !== 'starting') ctx.dismissedMaps.delete(wwid);
  if (init === 'ok') log(ctx, 'notice', `path of ${wwid} (by ${path.wwidSource})`, path.name);
  else if (init === 'failed') log(ctx, 'warning', `${reason}: not multipathed until it has one`, path.name);
  else log(ctx, 'info', reason ?? init, path.name);
}
