/** Events and readings about disks: how paths enter, change and leave the path table. */
import type { BlockFacts } from '../../model/facts';
import { describeFailure, type Failure, type Reading, saysAbsent } from '../../model/failure';
import { type DevT, type DiskAddress, type DiskSeq, isDevT, pathKey, type PathKey } from '../../model/identity';
import { newPath, type Path } from '../../model/path';
import type { Uevent } from '../../model/uevent';
import type { Ms, Seq } from '../../model/units';
import { type CoreContext, log, markForReconcile, nextStale, retryPause } from '../core/core';
import { blockKey } from '../core/keys';
import { blockAnswered, requestBlock } from '../core/questions';
import { deviceOf } from '../core/tableStore';
import { bury, isBuried } from '../core/tombstones';
import { identify } from './identify';
import { holdersOf, updateMembership } from './membership';
import type { InventoryContext } from './state';
import { notePathRead, notePathUnchanged, saysNothingNew } from './unchanged';

/** Whole disks that can be paths: what the built-in devnode rule lets in. The kernel hides legs such as `nvme0c0n1`. */
const PATH_NAME = /^(sd[a-z]+|dasd[a-z]+|nvme\d+n\d+)$/;

export function isPathName(name: string): boolean {
  return PATH_NAME.test(name);
}

/** A uevent about a disk. It is a hint, unless it is the kernel's own `remove` for this very disk. */
export function onBlockUevent(ctx: InventoryContext, event: Uevent): void {
  if (!isPathName(event.name) || (event.devtype !== null && event.devtype !== 'disk')) return;
  const key = event.devt === null ? null : pathKey(event.devt, event.diskseq);
  const path = event.devt === null ? undefined : ctx.store.pathOf(event.devt, event.diskseq);
  if (event.action === 'remove' && isRemovalProof(event)) {
    if (key !== null) bury(ctx, key);
    if (key !== null) ctx.takenOutPaths.delete(key);
    if (path !== undefined) removePath(ctx, path, "the kernel's remove uevent");
    else requestBlockIfNamed(ctx, event);
    return;
  }
  if (path !== undefined) noteEvent(ctx, path, event);
  if (key !== null && event.action === 'add' && event.source === 'kernel') ctx.takenOutPaths.delete(key);
  requestBlock(ctx, event.name);
  if (isAnnouncement(event) && path === undefined && event.devt !== null) enter(ctx, event.devt, event);
}

/**
 * Only the kernel's group, only with the disk sequence number, and not a synthetic event: anyone
 * with root can write `remove` to an uevent file of a disk that is still there.
 */
function isRemovalProof(event: Uevent): boolean {
  return event.source === 'kernel' && event.devt !== null && event.diskseq !== null && event.synthUuid === null;
}

function isAnnouncement(event: Uevent): boolean {
  return event.action === 'add' && event.source === 'kernel' && event.synthUuid === null;
}

function requestBlockIfNamed(ctx: CoreContext, event: Uevent): void {
  if (ctx.store.pathByName(event.name) !== undefined) requestBlock(ctx, event.name);
}

function noteEvent(ctx: CoreContext, path: Path, event: Uevent): void {
  path.eventAt = ctx.seq;
  if (event.source === 'udev' && event.action !== 'remove') path.udevTrusted = true;
}

/** The kernel announced a disk: it is in the table from now on, even if its first readings fail. */
function enter(ctx: InventoryContext, devt: DevT, event: Uevent): void {
  const disk = { devt, diskseq: event.diskseq, name: event.name };
  if (!makeRoom(ctx, disk, ctx.seq)) return;
  const path = pathOf(ctx, disk);
  // A record in udev's database may be that of an earlier disk with this dev_t until udevd
  // has worked on this one and said so.
  path.udevTrusted = false;
  ctx.store.putPath(path);
}

/**
 * Names and numbers are one disk's at a time, and disk sequence numbers only grow: an entry with
 * this name or number and a lower sequence number is of a disk that is gone. False if the news is
 * the older of the two: an event or an answer that comes late.
 */
function makeRoom(ctx: InventoryContext, disk: DiskAddress, asked: Seq): boolean {
  const there = ctx.store.pathByDevt(disk.devt);
  const named = ctx.store.pathByName(disk.name);
  if (there === named && (there === undefined || there.diskseq === disk.diskseq)) return true;
  const key = pathKey(disk.devt, disk.diskseq);
  const held = [there, named].filter((other): other is Path => other !== undefined && other.key !== key);
  if (held.some((other) => isOlder(disk.diskseq, asked, other))) return false;
  for (const other of new Set(held)) removePath(ctx, other, `${disk.name} is another disk now (${key})`);
  return true;
}

/** Kernels without sequence numbers (before 5.15): the order of questions and events decides. */
function isOlder(diskseq: DiskSeq, asked: Seq, other: Path): boolean {
  if (diskseq !== null && other.diskseq !== null) return diskseq < other.diskseq;
  return asked < other.known || asked < other.eventAt;
}

function pathOf(ctx: InventoryContext, disk: DiskAddress): Path {
  ctx.absentDevts.delete(disk.devt);
  return newPath(disk, { seq: ctx.seq, now: ctx.store.now, intervalMs: ctx.polling.intervalMs });
}

/** An answer about `/sys/block/NAME` (or `/sys/dev/block/M:m`), asked for at input `asked`. */
export function onBlockReading(ctx: InventoryContext, asked: Seq, name: string, reading: Reading<BlockFacts>): void {
  blockAnswered(ctx, name);
  applyBlockReading(ctx, asked, name, reading);
}

/** The same for one disk of a snapshot, which arrived at `at` (engine time, ms). */
export function applyBlockReading(
  ctx: InventoryContext,
  asked: Seq,
  name: string,
  reading: Reading<BlockFacts>,
  at = ctx.store.now,
): void {
  if (reading.ok) {
    ctx.unread.delete(blockKey(name));
    applyFacts(ctx, asked, reading.value, at);
    return;
  }
  const path = ctx.store.pathByDevt(name) ?? ctx.store.pathByName(name);
  if (saysAbsent(reading.failure)) {
    ctx.unread.delete(blockKey(name));
    onAbsent(ctx, asked, name, path);
  } else if (path !== undefined) {
    if (asked >= path.known) markStale(ctx, path, reading.failure);
  } else {
    retryUnread(ctx, name, describeFailure(reading.failure));
  }
}

function onAbsent(ctx: InventoryContext, asked: Seq, name: string, path: Path | undefined): void {
  if (path === undefined) {
    if (isDevT(name)) noteAbsentDevt(ctx, name);
    return;
  }
  // The question was answered some time before the answer came: an event, or another answer, may have
  // shown it to be there meanwhile. Then it is a reason to look again, not evidence.
  if (asked < path.seenAt || asked < path.eventAt) {
    requestBlock(ctx, path.name);
    return;
  }
  ctx.announce({ kind: 'looked-up-and-gone', what: 'pathsRemoved' });
  removePath(ctx, path, `a look-up of ${name} answered that it does not exist`);
}

function noteAbsentDevt(ctx: InventoryContext, devt: string): void {
  ctx.absentDevts.add(devt);
  markHolders(ctx, devt);
}

function retryUnread(ctx: CoreContext, name: string, why: string): void {
  const attempts = (ctx.unread.get(blockKey(name)) ?? 0) + 1;
  if (attempts === 1) log(ctx, 'warning', `cannot be read (${why}); mpathd tries again`, name);
  ctx.unread.set(blockKey(name), attempts);
  ctx.timers.set(blockKey(name), ctx.store.now + retryPause(ctx.options, attempts));
}

function markStale(ctx: CoreContext, path: Path, failure: Failure): void {
  if (path.stale === null) {
    log(
      ctx,
      'warning',
      `reading failed (${describeFailure(failure)}): the entry stays as it was; the disk is read again`,
      path.name,
    );
  }
  path.stale = nextStale(ctx, path.stale, failure);
  ctx.changed.paths.add(path);
  ctx.timers.set(`block ${path.name}`, path.stale.retryAt);
}

function applyFacts(ctx: InventoryContext, asked: Seq, facts: BlockFacts, at: Ms): void {
  const known = ctx.store.pathByName(facts.name);
  if (known !== undefined && saysNothingNew(ctx, known, asked, facts)) return notePathUnchanged(ctx, known, asked, at);
  if (!isPathName(facts.name)) return;
  const key = pathKey(facts.devt, facts.diskseq);
  if (isBuried(ctx, key, asked)) return;
  if (ctx.takenOutPaths.has(key)) return noteDismissedThere(ctx, facts.devt, key, at);
  if (!makeRoom(ctx, facts, asked)) return;
  const attended = asked < (ctx.attentions.get(deviceOf(facts)) ?? 0);
  if (attended) requestBlock(ctx, facts.name);
  const entry = ctx.store.paths.get(key);
  const path = entry ?? pathOf(ctx, facts);
  if (asked < path.known) return;
  // Found, or asked back by an administrator: nobody knows for how long the kernel has not looked at it.
  const isFound = entry === undefined && ctx.store.truth.phase !== 'starting';
  if (path.stale !== null) log(ctx, 'notice', 'can be read again', path.name);
  const before = path.facts;
  notePathRead(ctx, path, asked, at);
  path.stale = null;
  path.name = facts.name;
  path.facts = { ...facts };
  ctx.changed.paths.add(path);
  ctx.announce({ kind: 'path-described', path, before, doubted: attended || isFound });
  updateMembership(ctx, path);
  const wasExcluded = path.init === 'excluded';
  identify(ctx, path, facts);
  ctx.store.putPath(path);
  markHolders(ctx, path.devt);
  // Nobody checks what is excluded: one that is let in begins as a new one.
  const isNew = before === null || (wasExcluded && path.init !== 'excluded');
  ctx.announce({ kind: 'path-identified', path, asked, isNew });
}

/** The number in a table is still that of the disk that an administrator took out, and not of its successor. */
function noteDismissedThere(ctx: InventoryContext, devt: DevT, key: PathKey, at: Ms): void {
  ctx.takenOutPaths.set(key, at);
  markHolders(ctx, devt);
}

function markHolders(ctx: InventoryContext, devt: DevT): void {
  for (const uuid of holdersOf(ctx, devt)) markForReconcile(ctx, ctx.store.maps.get(uuid)?.wwid ?? null);
}

/** Takes a path out of the tables. Only for positive evidence of its absence; say which. */
function removePath(ctx: InventoryContext, path: Path, evidence: string): void {
  log(ctx, 'notice', `path removed: ${evidence}`, `${path.name} [${path.devt}]`);
  bury(ctx, path.key);
  if (path.map !== null || holdersOf(ctx, path.devt).size > 0) ctx.absentDevts.add(path.devt);
  forgetPath(ctx, path);
}

/** Takes a path out of the tables without judging whether the kernel still has it. */
export function forgetPath(ctx: InventoryContext, path: Path): void {
  for (const purpose of ['udev', 'check'] as const) ctx.timers.clear(`${purpose} ${path.key}`);
  ctx.store.deletePath(path);
  ctx.pathsToJudge.delete(path.key);
  markForReconcile(ctx, path.wwid);
  markHolders(ctx, path.devt);
}

/** The time for udev's record is over: sysfs decides. */
export function onUdevOverdue(ctx: CoreContext, path: Path): void {
  if (path.facts === null || path.init !== 'udev-missing') return;
  path.udevOverdue = true;
  if (ctx.store.truth.udev === 'answering') {
    ctx.store.truth.udev = 'silent';
    log(
      ctx,
      'warning',
      `udevd has not answered for ${ctx.options.udevWaitMs} ms: mpathd identifies new disks by sysfs until udevd answers`,
    );
  }
  requestBlock(ctx, path.name);
}

/** A unit attention of the SCSI device below a path: what was known of the LUN may be wrong. */
export function onScsiUevent(ctx: InventoryContext, event: Uevent): void {
  const path = ctx.store.pathByDevice(event.devpath);
  if (event.env.SDEV_UA === undefined) return;
  ctx.announce({ kind: 'unit-attention', attention: event.env.SDEV_UA, address: event.name, path });
  if (path === undefined) {
    ctx.attentions.delete(event.devpath);
    ctx.attentions.set(event.devpath, ctx.seq);
    return;
  }
  log(ctx, 'notice', `unit attention ${event.env.SDEV_UA}: the disk is read again`, path.name);
  path.eventAt = ctx.seq;
  requestBlock(ctx, path.name);
}
