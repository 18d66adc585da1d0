/**
 * Whether a SCSI path still leads to the LUN that sysfs describes. Page 0x83 in sysfs is the kernel's copy of what the
 * LUN said when it was scanned. An array can put another LUN behind a live path, and the copy stays as it is until
 * somebody has the disk rescanned (drivers/scsi/scsi_scan.c, scsi_rescan_device). So after each sign the engine asks
 * the disk itself, before I/O goes to the path (again). An array need not give any sign, so each check that finds a
 * path usable asks as well. No answer is no evidence: everything stays as it is, and the engine asks again after the
 * next check.
 *
 * A disk without page 0x83 is asked for its serial number. The engine does not ask NVMe: its driver reads the
 * identifiers of a namespace at each scan and removes a namespace that differs (drivers/nvme/host/core.c,
 * nvme_validate_ns). Nor does it ask DASD, and disks without both pages.
 */
import type { BlockFacts, CheckOutcome } from '../../model/facts';
import { describeFailure, type Failure, type Reading } from '../../model/failure';
import type { PathKey } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { Seq } from '../../model/units';
import { isIdentityAsked } from '../../policy/checkers/identity';
import { identityCopyOf, judgePage } from '../../policy/compareLuns';
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
 * Unit attentions after which another LUN may be behind a path (SPC-4 annex F: 3F/03, 3F/0E, 2A/09), by their names in
 * scsi_evt_emit.
 */
const LUN_MAY_DIFFER: ReadonlySet<string> = new Set([
  'INQUIRY_DATA_HAS_CHANGED',
  'REPORTED_LUNS_DATA_HAS_CHANGED',
  'CAPACITY_DATA_HAS_CHANGED',
]);

/** How long, ms, attentions of a target's LUNs are gathered before all these LUNs are asked. */
const GATHER_MS = 100;

/** Greatest age of an answer, ms, on which a path is reinstated or taken out. */
const FRESH_MS = 1_000;

function mayBeAsked(path: Path): boolean {
  return path.facts !== null && identityCopyOf(path.facts) !== null;
}

/** What a log line about a reinstatement adds if the disk cannot be asked for its LUN. */
export function reservationOf(path: Path): string {
  return path.facts?.bus === 'scsi' && !mayBeAsked(path)
    ? '; the disk has no VPD page 0x83 and no serial number, so its LUN cannot be checked'
    : '';
}

/**
 * The path's LUN is in doubt. Until the disk itself has answered, the path gets no I/O that it does not already get.
 */
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

/** Asks the disk itself, unless a question since input `since` is under way. */
function ask(ctx: CoreContext, path: Path, since: Seq = ctx.seq): void {
  const copy = path.facts === null ? null : identityCopyOf(path.facts);
  if (copy === null) return;
  const question = copy.page === 0x83 ? 'identity' : 'serial number';
  requestDiskSince(ctx, path, { question, timeoutMs: (path.facts?.timeoutSeconds ?? 30) * 1000 }, since);
}

/**
 * Asks the disk if its LUN is in doubt. Each check leads here. So a disk that gave no answer, or a wrong one, is asked
 * again at the checkers' pace.
 */
export function askIfDoubted(ctx: CoreContext, path: Path): void {
  // First the result of the kernel's own look must arrive.
  const looking = rescanPending(ctx, path.key) || blockPending(ctx, path.name);
  if (isDoubted(path) || path.live.unanswered || (path.live.otherWwid !== null && !looking))
    ask(ctx, path, path.live.doubtedAt);
}

/** A unit attention of the SCSI device `address` (`H:C:T:L`). `path`: the path over this device, if there is one. */
export function onAttention(ctx: CoreContext, attention: string, address: string, path: Path | undefined): void {
  if (path !== undefined && LUN_MAY_DIFFER.has(attention)) recheckWwid(ctx, path);
  if (attention !== 'REPORTED_LUNS_DATA_HAS_CHANGED') return;
  // The attention concerns all LUNs of the target, and may come through another LUN than the changed one (SPC-4 5.14).
  // LIO never reports it through the changed LUN itself.
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
 * The path was read. `before`: the facts until then. After a change of the kernel's copy the disk must prove its LUN as
 * after any other sign.
 */
export function noteCopy(ctx: CoreContext, path: Path, before: BlockFacts | null): void {
  if (before !== null && before.vpd83 === path.facts?.vpd83 && before.vpd80 === path.facts?.vpd80) return;
  path.live.copiedAt = ctx.seq;
  if (before === null) return;
  if (path.live.otherWwid !== null) path.reason = null;
  path.live.otherWwid = null;
  recheckWwid(ctx, path);
}

/**
 * What a check that began at input `asked` has found out about the LUN. An answer to a check that is not usable is no
 * news: the path gets no I/O, and is asked when it comes back.
 */
export function noteEvidence(ctx: CoreContext, path: Path, outcome: CheckOutcome, asked: Seq): void {
  const { identity } = outcome;
  switch (identity?.kind) {
    case undefined:
      return;
    case 'same':
      // The check compared the answer with the copy of its time.
      if (asked < path.live.copiedAt) return;
      path.live.provedTime = path.check.begunTime;
      return onProved(ctx, path, asked, path.wwid ?? 'its LUN');
    case 'other-page':
      return onPage(ctx, path, asked, identity.page);
    case 'no-answer':
      if (isIdentityAsked(outcome)) onUnanswered(ctx, path, identity.failure);
  }
}

/** The disk's own answer to a question of input `asked`. */
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
  const copy = path.facts === null ? null : identityCopyOf(path.facts);
  if (copy === null) return;
  // It is not known whether the answer or the copy is older.
  if (asked < path.live.copiedAt) return ask(ctx, path);
  const { same, says, copied } = judgePage(copy, page);
  if (same) return onProved(ctx, path, asked, says);
  path.live.unanswered = false;
  path.live.answeredTime = ctx.store.now;
  onOtherLun(ctx, path, says, copied);
}

function onProved(ctx: CoreContext, path: Path, asked: Seq, says: string): void {
  const { live } = path;
  // Nearly every check proves the LUN once more. Only a proof that something waits for is to be acted on.
  const isNews = isDoubted(path) || isUnproved(path) || live.unanswered || path.dmState !== 'active';
  live.unanswered = false;
  live.answeredTime = ctx.store.now;
  live.provedAt = Math.max(live.provedAt, asked);
  if (live.otherWwid !== null) {
    log(ctx, 'notice', `leads to ${says} again`, path.name);
    live.otherWwid = null;
    path.reason = null;
  } else if (!isNews) return;
  markForReconcile(ctx, path.wwid);
}

/** What may have gone to the other LUN before anybody could know. */
function strayWrites(ctx: CoreContext, path: Path, says: string, map: MultipathMap): string {
  if (path.dmState !== 'active') return '';
  const since = path.live.provedTime;
  const span =
    since === null ? 'since an unknown time' : `in the last ${((ctx.store.now - since) / 1000).toFixed(1)} s`;
  const proof = since === null ? 'no check has proved its LUN' : 'since the last check that proved its LUN';
  return `; writes to ${map.facts.name} by this path may have gone to LUN ${says} ${span} (${proof})`;
}

function onOtherLun(ctx: CoreContext, path: Path, says: string, copied: string): void {
  const map = path.map === null ? undefined : ctx.store.maps.get(path.map);
  if (path.live.otherWwid !== says) {
    const stray = map === undefined ? '' : strayWrites(ctx, path, says, map);
    const stop = map === undefined ? '' : `; the path is failed in ${map.facts.name} and taken out`;
    log(
      ctx,
      'error',
      `leads to another LUN: the disk answers as ${says}, the kernel has ${copied}${stop}; the disk is rescanned${stray}`,
      path.name,
    );
  }
  path.live.otherWwid = says;
  path.reason = { kind: 'other-lun', text: `leads to LUN ${says}; the kernel has another WWID for the disk` };
  markForReconcile(ctx, path.wwid);
  markForReconcile(ctx, map?.wwid ?? null);
  requestRescan(ctx, path);
}

/** The kernel has rescanned the disk, or could not. The next reading decides. */
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

/** A path that gets I/O in this map and leads to another LUN; null: there is none. */
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

/** True if the path was failed, and no later answer of the disk has proved its LUN. */
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

/** True if the disk's last answer is new enough for I/O. If the answer is too old, the disk is asked once more. */
export function isProvedNow(ctx: CoreContext, path: Path): boolean {
  return !mayBeAsked(path) || isAnsweredNow(ctx, path);
}

/**
 * True if a path that leads to another LUN may be taken out now. The array may have given the LUN back since the last
 * answer, so an old answer is not enough. A path that does not answer is taken out as well.
 */
export function leadsElsewhereNow(ctx: CoreContext, path: Path): boolean {
  return path.live.unanswered || isAnsweredNow(ctx, path);
}

function isAnsweredNow(ctx: CoreContext, path: Path): boolean {
  if (ctx.store.now - path.live.answeredTime <= FRESH_MS) return true;
  if (!path.live.unanswered) ask(ctx, path);
  return false;
}

/** dm shows a path active that it showed failed: our own write came late, or somebody else reinstated the path. */
function onRevived(ctx: CoreContext, path: Path): void {
  if (mayBeAsked(path) && ctx.store.now - path.live.answeredTime > FRESH_MS) recheckWwid(ctx, path);
}

export const LUN_IDENTITY: HealthRule = {
  onFailed: doubt,
  onRevived,
  hindrance: (_, path) => hindrance(path, isDoubted(path)),
  // A table that is loaded makes all its paths active, also those that were failed before.
  stop: (_, path) => (isUnproved(path) ? 'was failed, and its LUN is not proved yet' : null),
  asks: (question) => question === 'identity' || question === 'serial number',
  onAnswer: onIdentityRead,
};
