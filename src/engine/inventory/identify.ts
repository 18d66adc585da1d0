/** Derives a disk's WWID from its facts, or the reason why it has none. */
import { blacklisted, blacklistSubjectOf, describeBlacklisted } from '../../config/blacklist';
import { deviceIdentityOf } from '../../config/device';
import { daemonSetting } from '../../config/effective';
import { uidAttributeOfDisk } from '../../config/uidAttributes';
import type { BlockFacts } from '../../model/facts';
import type { Wwid } from '../../model/identity';
import type { Path } from '../../model/path';
import type { PathReason } from '../../model/pathReason';
import { decideWwid, isOtherLun, type WwidSources } from '../../policy/decideWwid';
import { eligibility } from '../../policy/eligibility';
import { isContradicted, mayFallBack, wwidFromSysfs, wwidFromUdev } from '../../policy/wwid';
import { type CoreContext, log, markForReconcile } from '../core/core';
import { rulesInForce } from '../settings/configuration';
import type { InventoryContext } from './state';

/** Brings a path's identity in line with its newest facts. The caller updates the path's indices. */
export function identify(ctx: InventoryContext, path: Path, facts: BlockFacts): void {
  const seen: BlockFacts = { ...facts, udev: path.udevTrusted ? facts.udev : null };
  const mapWwid = wwidOfHoldingMap(ctx, path);
  const kind = eligibility(seen, { allowUsbDevices: daemonSetting(ctx.configuration, 'allow_usb_devices').value });
  if (!kind.eligible && mapWwid === null) {
    path.blacklisted = false;
    return exclude(ctx, path, null, kind.reason);
  }
  const attribute = uidAttributeOfDisk(ctx.configuration, deviceIdentityOf(facts), facts.name).value;
  const judge = judgeOf(ctx, path, seen, attribute, mapWwid);
  const early = judge(null);
  if (early !== null && mapWwid === null) return exclude(ctx, path, null, early);

  const sources = sourcesOf(seen, attribute);
  if (mustAwaitUdev(ctx, path, seen, attribute, sources.sysfs !== null && sources.sysfs === mapWwid)) {
    setIdentity(ctx, path, 'udev-missing', null, { kind: 'awaits-udev', text: "waiting for udev's record" });
    ctx.timers.setSooner(`udev ${path.key}`, ctx.store.now + ctx.options.udevWaitMs);
    return;
  }
  const mayUseSysfs = mayFallBack(facts.bus, attribute);
  const before = identityBefore(ctx, path, sources, mapWwid);
  const wwid = decideWwid(before, sources, mapWwid, mayUseSysfs);
  if (wwid === null) {
    const text = mayUseSysfs
      ? "no WWID in udev's record nor in sysfs"
      : `no ${attribute} in udev's record, and uid_attribute names no other source`;
    setIdentity(ctx, path, 'failed', null, { kind: 'no-wwid', text });
    return;
  }
  if (before !== null && before.wwid !== wwid) {
    const leaves = mapWwid === null ? '' : ': the path leaves its map';
    log(ctx, leaves === '' ? 'notice' : 'error', `its WWID is ${wwid} now and was ${before.wwid}${leaves}`, path.name);
  }
  if (!mayUseSysfs && before !== null && isOtherLun(before.sources, sources) && wwid !== sources.udev) {
    // The path must not stay in its map. Only udev's property can tell which LUN it leads to now.
    const text = `its LUN is another one: waiting for a new ${attribute} in udev's record`;
    setIdentity(ctx, path, 'udev-missing', wwid, { kind: 'awaits-udev', text });
    return;
  }
  if (wwid === mapWwid) tellIfKept(ctx, path, sources.udev, attribute);
  noteSources(path, sources, wwid);
  ctx.pathsToJudge.delete(path.key);
  const rule = judge(wwid);
  if (rule !== null) return exclude(ctx, path, mapWwid === null ? null : wwid, rule);
  path.blacklisted = false;
  setIdentity(ctx, path, 'ok', wwid, null);
}

/**
 * The path turns out to be in this map after it was identified: at a start the disks are read before the maps. It has
 * the WWID of the map if its own page names it, as if the map had been known, whatever udev's record says by now.
 */
export function identifyByMap(ctx: InventoryContext, path: Path, mapWwid: Wwid): void {
  if (path.init !== 'ok' || path.wwid === mapWwid || path.identifiedBy?.sysfs !== mapWwid) return;
  log(
    ctx,
    'warning',
    `is ${path.wwid ?? ''} by udev, and stays in its map as ${mapWwid}, which its disk says`,
    path.name,
  );
  const sources = path.identifiedBy;
  markForReconcile(ctx, path.wwid);
  noteSources(path, sources, mapWwid);
  setIdentity(ctx, path, 'ok', mapWwid, null);
  ctx.store.putPath(path);
}

function noteSources(path: Path, sources: WwidSources, wwid: Wwid): void {
  path.identifiedBy = {
    udev: sources.udev ?? path.identifiedBy?.udev ?? null,
    sysfs: sources.sysfs ?? path.identifiedBy?.sysfs ?? null,
  };
  path.wwidSource = wwid === sources.udev ? 'udev' : wwid === sources.sysfs ? 'sysfs' : path.wwidSource;
}

function sourcesOf(seen: BlockFacts, attribute: string): WwidSources {
  const fromUdev = wwidFromUdev(seen, attribute);
  const outdated = fromUdev !== null && mayFallBack(seen.bus, attribute) && isContradicted(fromUdev, seen);
  return { udev: outdated ? null : fromUdev, sysfs: wwidFromSysfs(seen) };
}

/**
 * The sources and the WWID of the path's earlier identification; null: the path is identified as if for the first time.
 * After a new configuration each path is identified anew, but a path in a map stays there unless its LUN is another
 * one. A new value of its property is no reason to take the disk from its user.
 */
function identityBefore(
  ctx: InventoryContext,
  path: Path,
  now: WwidSources,
  mapWwid: Wwid | null,
): { sources: WwidSources; wwid: Wwid } | null {
  if (path.identifiedBy === null || path.wwid === null) return null;
  if (!ctx.pathsToJudge.has(path.key)) return { sources: path.identifiedBy, wwid: path.wwid };
  return mapWwid === null ? null : { sources: { udev: now.udev, sysfs: path.identifiedBy.sysfs }, wwid: path.wwid };
}

/**
 * Logs that another property names the LUN now. The map keeps the path and its own WWID, and new paths of the LUN will
 * not join that map.
 */
function tellIfKept(ctx: InventoryContext, path: Path, udev: Wwid | null, attribute: string): void {
  if (!ctx.pathsToJudge.has(path.key) || udev === null || udev === path.wwid || udev === path.identifiedBy?.udev)
    return;
  const what = `is ${udev} by uid_attribute ${attribute} now, and stays in its map as ${path.wwid}, since the LUN is the same`;
  log(
    ctx,
    'warning',
    `${what}; new paths of the LUN cannot join that map; to make it anew when nobody uses it: \`multipathd del map\`, then \`mpathctl reconfigure\``,
    path.name,
  );
}

/**
 * Judges the path by the blacklist; null: no rule excludes it. A path in a map is judged after a new configuration and
 * at its first identification, and not at each new record of udev.
 */
function judgeOf(
  ctx: InventoryContext,
  path: Path,
  seen: BlockFacts,
  attribute: string,
  mapWwid: Wwid | null,
): (wwid: Wwid | null) => PathReason | null {
  const isJudged = mapWwid !== null && (path.init === 'ok' || path.blacklisted) && !ctx.pathsToJudge.has(path.key);
  if (isJudged) return () => (path.blacklisted ? path.reason : null);
  const rules = rulesInForce(ctx);
  return (wwid) => {
    const verdict = blacklisted(rules, blacklistSubjectOf(seen, attribute, wwid));
    path.blacklisted = verdict.verdict === 'blacklisted';
    return verdict.verdict === 'blacklisted' ? { kind: 'blacklisted', text: describeBlacklisted(verdict) } : null;
  };
}

/** `wwid`: the WWID of a path in a map. The path leaves this map. */
function exclude(ctx: InventoryContext, path: Path, wwid: Wwid | null, reason: PathReason): void {
  ctx.pathsToJudge.delete(path.key);
  setIdentity(ctx, path, 'excluded', wwid, reason);
  path.reason = reason;
}

/**
 * True if unchanged facts leave the path as it is: it has its WWID, is in a map, was judged by the configuration in
 * force, and its udev record, if there is one, was trusted before.
 */
export function isIdentifiedAnyway(ctx: InventoryContext, path: Path, facts: BlockFacts): boolean {
  if (path.init !== 'ok' || path.map === null || ctx.pathsToJudge.has(path.key)) return false;
  return facts.udev === null || (path.identifiedBy?.udev ?? null) !== null;
}

function wwidOfHoldingMap(ctx: CoreContext, path: Path): string | null {
  return path.map === null ? null : (ctx.store.maps.get(path.map)?.wwid ?? null);
}

function mustAwaitUdev(
  ctx: CoreContext,
  path: Path,
  seen: BlockFacts,
  attribute: string,
  provedByMap: boolean,
): boolean {
  if (attribute === '' || seen.udev !== null || path.udevOverdue || ctx.store.truth.udev === 'absent') return false;
  // The path has its WWID, or is in the map that its own VPD page names. It needs no record.
  return path.wwid === null && !provedByMap;
}

function setIdentity(
  ctx: InventoryContext,
  path: Path,
  init: Path['init'],
  wwid: string | null,
  reason: PathReason | null,
): void {
  const changed = path.init !== init || path.wwid !== wwid;
  if (path.wwid !== wwid) {
    markForReconcile(ctx, path.wwid);
    if (wwid === null) path.identifiedBy = null;
  }
  path.init = init;
  path.wwid = wwid;
  markForReconcile(ctx, wwid);
  if (!changed) return;
  path.reason = reason;
  path.leftOutByReload = false;
  // A new path brings back a map that somebody has removed.
  if (wwid !== null && ctx.store.truth.phase !== 'starting') ctx.takenOutMaps.delete(wwid);
  if (init === 'ok') log(ctx, 'notice', `path of ${wwid} (by ${path.wwidSource})`, path.name);
  else if (init === 'failed')
    log(ctx, 'warning', `${reason?.text}: the disk is not multipathed until it has a WWID`, path.name);
  else log(ctx, 'info', reason?.text ?? init, path.name);
}
