/**
 * Whether a SCSI path still leads to the LUN that sysfs tells of. Page 0x83 in sysfs is the kernel's copy
 * of what the LUN said when it was scanned: an array can put another LUN behind a live path, and the copy
 * stays as it is until somebody has the disk rescanned (drivers/scsi/scsi_scan.c, scsi_rescan_device).
 * So after each sign the disk itself is asked, before I/O is sent to it (again). No answer is no evidence:
 * what is stays so, and the question is asked again after the next check.
 *
 * Not asked: NVMe, whose driver reads the identifiers of a namespace at each scan and takes away one
 * that differs (drivers/nvme/host/core.c, nvme_validate_ns), DASD, and disks without that page.
 */
import type { BlockFacts } from '../../model/facts';
import { describeFailure, type Failure, type Reading } from '../../model/failure';
import type { PathKey } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { Seq } from '../../model/units';
import { identityOfVpd83 } from '../../policy/wwid';
import { type CoreContext, log, markForReconcile } from '../core/core';
import {
  blockPending,
  requestBlock,
  requestDiskSince,
  requestRescan,
  rescanAnswered,
  rescanPending,
} from '../core/questions';
import type { Answer, HealthRule, Hindrance } from './rule';

/**
 * Unit attentions after which a LUN may be another (SPC-4 annex F: 3F/03, 3F/0E, 2A/09), as scsi_evt_emit names them.
 */
const LUN_MAY_DIFFER: ReadonlySet<string> = new Set([
  'INQUIRY_DATA_HAS_CHANGED',
  'REPORTED_LUNS_DATA_HAS_CHANGED',
  'CAPACITY_DATA_HAS_CHANGED',
]);

/** How long attentions of a target's LUNs are gathered before all of them are asked. */
const GATHER_MS = 100;

/** Age of an answer, ms, on which a path is reinstated, or taken out. */
const FRESH_MS = 1_000;

function mayBeAsked(path: Path): boolean {
  return path.facts?.bus === 'scsi' && path.facts.vpd83 !== null;
}

/** What a log line about reinstating a path has to add: of which disks nobody can know. */
export function reservationOf(path: Path): string {
  return path.facts?.bus === 'scsi' && path.facts.vpd83 === null
    ? '; the disk has no VPD page 0x83, so its LUN cannot be checked'
    : '';
}

/** From now on what was known is not enough to send I/O to it that it does not get already. */
export function doubt(ctx: CoreContext, path: Path): void {
  path.live.doubtedAt = ctx.seq;
}

function isDoubted(path: Path): boolean {
  return mayBeAsked(path) && path.live.doubtedAt > path.live.provedAt;
}

export function recheckWwid(ctx: CoreContext, path: Path): void {
  doubt(ctx, path);
  ask(ctx, path);
}

/** Unless it is being asked since then already. */
function ask(ctx: CoreContext, path: Path, since: Seq = ctx.seq): void {
  if (!mayBeAsked(path)) return;
  requestDiskSince(ctx, path, { question: 'identity', timeoutMs: (path.facts?.timeoutSeconds ?? 30) * 1000 }, since);
}

/** Asked after each check: this is the pace at which what has no answer, or the wrong one, is asked again. */
export function askIfDoubted(ctx: CoreContext, path: Path): void {
  // What the kernel shows after it has looked comes first.
  const looking = rescanPending(ctx, path.key) || blockPending(ctx, path.name);
  if (isDoubted(path) || path.live.unanswered || (path.live.otherWwid !== null && !looking))
    ask(ctx, path, path.live.doubtedAt);
}

/** A unit attention of the SCSI device `address` (`H:C:T:L`), and the path over it if there is one. */
export function onAttention(ctx: CoreContext, attention: string, address: string, path: Path | undefined): void {
  if (path !== undefined && LUN_MAY_DIFFER.has(attention)) recheckWwid(ctx, path);
  if (attention !== 'REPORTED_LUNS_DATA_HAS_CHANGED') return;
  // It is about all LUNs of the target, and may come by way of another one than has changed (SPC-4 5.14; LIO never
  // tells the changed one itself).
  const target = /^(\d+:\d+:\d+):\d+$/.exec(address)?.[1];
  if (target !== undefined) ctx.timers.setSooner(`luns ${target}`, ctx.store.now + GATHER_MS);
}

/** `target`: `H:C:T`. */
export function onReportedLuns(ctx: CoreContext, target: string): void {
  for (const path of ctx.store.paths.values()) {
    if (path.facts?.hcil?.startsWith(`${target}:`) === true) recheckWwid(ctx, path);
  }
}

/**
 * The path was read; `before`: what was known until then. A page that was copied anew is proved like the first after a
 * sign.
 */
export function noteCopy(ctx: CoreContext, path: Path, before: BlockFacts | null): void {
  if (before !== null && before.vpd83 === path.facts?.vpd83) return;
  path.live.copiedAt = ctx.seq;
  if (before === null) return;
  if (path.live.otherWwid !== null) path.reason = null;
  path.live.otherWwid = null;
  recheckWwid(ctx, path);
}

/** The disk's own answer. */
function onIdentityRead(ctx: CoreContext, path: Path, { asked, reading, again }: Answer): void {
  if (reading.ok) onPage(ctx, path, asked, reading.value);
  else onUnanswered(ctx, path, reading.failure);
  if (again) ask(ctx, path);
}

function onUnanswered(ctx: CoreContext, path: Path, failure: Failure): void {
  const then =
    path.dmState === 'failed' ? 'the path is not reinstated before the disk answers' : 'the path stays as it is';
  const level = path.live.unanswered ? 'debug' : 'warning';
  log(
    ctx,
    level,
    `gave no identity (${describeFailure(failure)}): ${then}; the disk is asked again after its next check`,
    path.name,
  );
  path.live.unanswered = true;
}

function onPage(ctx: CoreContext, path: Path, asked: Seq, page: string): void {
  const copy = path.facts?.vpd83 ?? null;
  path.live.unanswered = false;
  path.live.answeredTime = ctx.store.now;
  if (copy === null) return;
  // Which of the two is older nobody knows.
  if (asked < path.live.copiedAt) return ask(ctx, path);
  const [says, copied] = [identityOfVpd83(page), identityOfVpd83(copy)];
  if (says === copied) onProved(ctx, path, asked, says);
  else onOtherLun(ctx, path, says, copied);
}

function onProved(ctx: CoreContext, path: Path, asked: Seq, says: string): void {
  const { live } = path;
  live.provedAt = asked;
  if (live.otherWwid !== null) {
    log(ctx, 'notice', `leads to ${says} again`, path.name);
    live.otherWwid = null;
    path.reason = null;
  }
  markForReconcile(ctx, path.wwid);
}

function onOtherLun(ctx: CoreContext, path: Path, says: string, copied: string): void {
  const map = path.map === null ? undefined : ctx.store.maps.get(path.map);
  if (path.live.otherWwid !== says) {
    const stop = map === undefined ? '' : `; the path is failed in ${map.facts.name} and taken out`;
    log(
      ctx,
      'error',
      `leads to another LUN: the disk answers as ${says}, the kernel has ${copied}${stop}; the disk is rescanned`,
      path.name,
    );
  }
  path.live.otherWwid = says;
  path.reason = { kind: 'other-lun', text: `leads to LUN ${says}; the kernel has another WWID for the disk` };
  markForReconcile(ctx, path.wwid);
  markForReconcile(ctx, map?.wwid ?? null);
  requestRescan(ctx, path);
}

/** The kernel has asked, or could not: what it shows now decides. */
export function onRescanDone(ctx: CoreContext, key: PathKey, reading: Reading<null>): void {
  rescanAnswered(ctx, key);
  const path = ctx.store.paths.get(key);
  if (path === undefined) return;
  if (!reading.ok)
    log(
      ctx,
      'warning',
      `could not be rescanned (${describeFailure(reading.failure)}); the disk is asked again after its next check`,
      path.name,
    );
  requestBlock(ctx, path.name);
}

/** A path that gets I/O in this map and leads to another LUN. */
export function pathOfOtherLun(ctx: CoreContext, map: MultipathMap): Path | null {
  for (const group of map.status?.groups ?? []) {
    for (const { devt, state } of group.paths) {
      const path = state === 'active' ? ctx.store.pathByDevt(devt) : undefined;
      const foreign = path?.live.otherWwid ?? null;
      if (path !== undefined && foreign !== null && foreign !== map.wwid) return path;
    }
  }
  return null;
}

/** It was failed, and not asked since to the end that I/O may be sent to it again. */
function isUnproved(path: Path): boolean {
  return mayBeAsked(path) && path.failedAt > path.live.provedAt;
}

function hindrance({ name, wwid, live }: Path, doubted: boolean): Hindrance | null {
  if (live.otherWwid !== null)
    return {
      why: `${name} answers as ${live.otherWwid}, and the kernel has ${wwid ?? ''}`,
      remedy: `correct the mapping on the array, or run \`echo 1 > /sys/block/${name}/device/rescan\``,
    };
  return doubted
    ? {
        why: `${name} may lead to another LUN by now: it is being asked`,
        remedy: 'nothing, if the disk answers; else look at the checker state of the path',
      }
    : null;
}

/** Whether nothing can have changed since it was asked last. If that is too long ago, it is asked once more. */
export function isProvedNow(ctx: CoreContext, path: Path): boolean {
  return !mayBeAsked(path) || isAnsweredNow(ctx, path);
}

/**
 * Whether a path that leads to another LUN is to be taken out: it may have been given back. No answer changes nothing.
 */
export function leadsElsewhereNow(ctx: CoreContext, path: Path): boolean {
  return path.live.unanswered || isAnsweredNow(ctx, path);
}

function isAnsweredNow(ctx: CoreContext, path: Path): boolean {
  if (ctx.store.now - path.live.answeredTime <= FRESH_MS) return true;
  if (!path.live.unanswered) ask(ctx, path);
  return false;
}

/** By a write of ours that was late, or by somebody else's. */
function onRevived(ctx: CoreContext, path: Path): void {
  if (mayBeAsked(path) && ctx.store.now - path.live.answeredTime > FRESH_MS) recheckWwid(ctx, path);
}

export const LUN_IDENTITY: HealthRule = {
  onFailed: doubt,
  onRevived,
  hindrance: (_, path) => hindrance(path, isDoubted(path)),
  // A table that is loaded makes all its paths active, also those that were failed before.
  stop: (_, path) => (isUnproved(path) ? 'was failed, and its LUN is not proved yet' : null),
  asks: (question) => question === 'identity',
  onAnswer: onIdentityRead,
};
