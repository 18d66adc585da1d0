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
import { letIn, noteAbsent, noteSuccessor } from './takenOut';
import { notePathRead, notePathUnchanged, saysNothingNew } from './unchanged';

/**
 * Names of whole disks that can be paths, as in the built-in devnode rule. The kernel hides legs such as `nvme0c0n1`.
 */
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
    if (key !== null) letIn(ctx, key);
    if (path !== undefined) removePath(ctx, path, "the kernel's remove uevent");
    else requestBlockIfNamed(ctx, event);
    return;
  }
  if (path !== undefined) noteEvent(ctx, path, event);
  if (key !== null && event.action === 'add' && event.source === 'kernel') letIn(ctx, key);
  requestBlock(ctx, event.name);
  if (isAnnouncement(event) && path === undefined && event.devt !== null) enter(ctx, event.devt, event);
}

/**
 * True only for the kernel's group, only with the disk sequence number, and never for a synthetic event: any process of
 * root can write `remove` to the uevent file of a disk that still exists.
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

/** The kernel announced a disk. It enters the table at once, and stays there even if its first readings fail. */
function enter(ctx: InventoryContext, devt: DevT, event: Uevent): void {
  const disk = { devt, diskseq: event.diskseq, name: event.name };
  if (!makeRoom(ctx, disk, ctx.seq)) return;
  const path = pathOf(ctx, disk);
  // The record in udev's database may be of an earlier disk with this dev_t, until an event of udevd says that its
  // rules have run for this disk.
  path.udevTrusted = false;
  ctx.store.putPath(path);
}

/**
 * A name or number belongs to one disk at a time, and disk sequence numbers only grow. So an entry with this name or
 * number and a lower sequence number is of a disk that is gone. Returns false if the news is older than the entry: then
 * an event or an answer came late.
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

/** Kernels before 5.15 have no sequence numbers. There the order of questions and events decides. */
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

/**
 * Takes in the reading of one disk. For a disk of a snapshot, `at` is the time at which the snapshot arrived (engine
 * time, ms).
 */
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
  noteAbsent(ctx, asked, name);
  if (path === undefined) {
    if (isDevT(name)) noteAbsentDevt(ctx, name);
    return;
  }
  // The kernel gave the answer some time before it came here. Meanwhile an event or another answer may have shown the
  // disk. Then this answer is no evidence, only a reason to look again.
  if (asked < path.seenAt || asked < path.eventAt) {
    requestBlock(ctx, path.name);
    return;
  }
  ctx.announce({ kind: 'looked-up-and-gone', what: 'pathsRemoved' });
  removePath(ctx, path, `a look-up of ${name} answered that it does not exist`);
}

function noteAbsentDevt(ctx: InventoryContext, devt: string): void {
  if (holdersOf(ctx, devt).size === 0) return;
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
  noteSuccessor(ctx, asked, facts.devt, key);
  if (ctx.takenOutPaths.has(key)) return noteDismissedThere(ctx, facts.devt, key, at);
  if (!makeRoom(ctx, facts, asked)) return;
  const attended = asked < (ctx.attentions.get(deviceOf(facts)) ?? 0);
  if (attended) requestBlock(ctx, facts.name);
  const entry = ctx.store.paths.get(key);
  const path = entry ?? pathOf(ctx, facts);
  if (asked < path.known) return;
  // The disk was found, or an administrator asked for it again. It is not known how long the kernel has not looked at
  // it.
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
  // Excluded disks are not checked. If a disk is let in, it begins like a new one.
  const isNew = before === null || (wasExcluded && path.init !== 'excluded');
  ctx.announce({ kind: 'path-identified', path, asked, isNew });
}

/** The disk that an administrator took out still has the number in the table: no other disk has taken its place. */
function noteDismissedThere(ctx: InventoryContext, devt: DevT, key: PathKey, at: Ms): void {
  ctx.takenOutPaths.set(key, { at, seq: ctx.seq });
  markHolders(ctx, devt);
}

function markHolders(ctx: InventoryContext, devt: DevT): void {
  for (const uuid of holdersOf(ctx, devt)) markForReconcile(ctx, ctx.store.maps.get(uuid)?.wwid ?? null);
}

/** Takes a path out of the tables. The caller needs positive evidence of its absence, and names it. */
function removePath(ctx: InventoryContext, path: Path, evidence: string): void {
  log(ctx, 'notice', `path removed: ${evidence}`, `${path.name} [${path.devt}]`);
  bury(ctx, path.key);
  if (holdersOf(ctx, path.devt).size > 0) ctx.absentDevts.add(path.devt);
  forgetPath(ctx, path);
}

/** Takes a path out of the tables. It does not matter whether the kernel still has the disk. */
export function forgetPath(ctx: InventoryContext, path: Path): void {
  for (const purpose of ['udev', 'check'] as const) ctx.timers.clear(`${purpose} ${path.key}`);
  ctx.store.deletePath(path);
  ctx.pathsToJudge.delete(path.key);
  markForReconcile(ctx, path.wwid);
  markHolders(ctx, path.devt);
}

/** The wait for udev's record is over: sysfs decides. */
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

/** A unit attention of the SCSI device below a path: the known facts of the LUN may be wrong. */
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
