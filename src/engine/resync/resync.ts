/**
 * A resync (docs/design.md, "A resync is drained, fenced and re-checked"): drain the socket, fence, take a snapshot of
 * device-mapper and sysfs, drain again and compare the drop counter, apply.
 *
 * Events that arrive meanwhile are worked on at once. Each leads to readings that are asked for later than the
 * snapshot, and an older answer never replaces a newer one. So a slow snapshot delays no removal.
 */
import type { BlockFacts, KernelSnapshot } from '../../model/facts';
import { describeFailure, type Reading } from '../../model/failure';
import type { ResyncCause } from '../../model/tables';
import type { LossCause } from '../../model/uevent';
import type { Seq } from '../../model/units';
import { type CoreContext, log, retryPause } from '../core/core';
import { requestBlock } from '../core/questions';
import { applyListing } from '../inventory/applyListing';
import { takeListing, wholeListing } from '../inventory/listing';
import { applyMapReading } from '../inventory/maps';
import { applyBlockReading, isPathName } from '../inventory/paths';
import type { InventoryContext } from '../inventory/state';
import { lookUpUnseen } from '../inventory/takenOut';
import { remember, report } from './report';
import { answeredBySnapshot } from './seqnumGaps';
import type { ResyncContext, ResyncState } from './state';

/** After so many attempts in a storm that goes on, the snapshot is applied anyway: it is safe, only late. */
const MAX_ATTEMPTS = 5;

interface DiskReading {
  name: string;
  reading: Reading<BlockFacts>;
}

/** Asks for a resync. Until it is applied, nothing is dropped from the tables. */
export function requestResync(ctx: ResyncContext, cause: ResyncCause): void {
  const { resync } = ctx;
  if (resync.phase === 'idle') {
    resync.cause = cause;
    resync.attempt = 0;
    resync.startedAt = ctx.store.now;
    begin(ctx);
  } else if (resync.phase !== 'draining') {
    // A resync that is still draining covers this loss. A later phase must be repeated.
    resync.again = true;
  }
}

export function noteLoss(ctx: ResyncContext, cause: LossCause, count: number): void {
  ctx.store.truth.losses[cause] += count;
  const told = ctx.resync.phase !== 'idle' && ctx.resync.again;
  log(
    ctx,
    told ? 'debug' : 'warning',
    `uevents may be lost (${cause}, ${count}): a resync with device-mapper and sysfs follows; no path or map is dropped meanwhile`,
  );
  requestResync(ctx, cause);
}

function begin(ctx: ResyncContext): void {
  const { resync, store } = ctx;
  resync.phase = 'draining';
  resync.again = false;
  resync.attempt += 1;
  resync.token = ctx.nextId++;
  if (store.truth.phase === 'idle') store.truth.phase = 'resyncing';
  ctx.effects.push({ type: 'drain', token: resync.token });
  ctx.timers.set('resync-stuck', store.now + 2 * ctx.options.fenceTimeoutMs);
}

/** The listener has read the socket until it was empty. */
export function onDrained(ctx: ResyncContext, token: number, drops: number): void {
  const { resync } = ctx;
  if (token === resync.fenceDrain) {
    onFenceLost(ctx);
    return;
  }
  if (token !== resync.token) return;
  if (resync.phase === 'draining') {
    resync.drops = drops;
    resync.phase = 'fencing';
    sendFence(ctx);
  } else if (resync.phase === 'rechecking') {
    ctx.timers.clear('resync-stuck');
    const quiet = drops === resync.drops && !resync.again;
    if (quiet || resync.attempt >= MAX_ATTEMPTS) apply(ctx, quiet);
    else pause(ctx);
  }
}

/** A UUID in the form that the kernel demands. The number makes it unique and ours. */
function fenceUuid(id: number): string {
  return `6d706174-6864-4000-8000-${id.toString(16).padStart(12, '0')}`;
}

function sendFence(ctx: ResyncContext): void {
  const uuid = fenceUuid(ctx.nextId++);
  ctx.resync.fence = uuid;
  ctx.resync.fenceDrain = null;
  ctx.effects.push({ type: 'fence', uuid });
  ctx.timers.clear('fence');
}

/** If nothing else happens, a fence proves that the socket, its thread and the queue are alive. */
export function heartbeat(ctx: ResyncContext): void {
  ctx.timers.set('heartbeat', ctx.store.now + ctx.options.heartbeatMs);
  if (ctx.resync.fence === null) sendFence(ctx);
}

/**
 * The fence was written, so its time runs from here. If it could not be written (a read-only /sys), the resync goes on
 * without it, and the log says so.
 */
export function onFenceWritten(ctx: ResyncContext, uuid: string, reading: Reading<null>): void {
  if (ctx.resync.fence !== uuid) return;
  if (reading.ok) {
    ctx.timers.set('fence', ctx.store.now + ctx.options.fenceTimeoutMs);
    return;
  }
  if (ctx.store.truth.fence !== 'refused') {
    log(
      ctx,
      'error',
      `no fence can be sent (${describeFailure(reading.failure)}): is /sys writable? mpathd notices losses only by ENOBUFS and the drop counter`,
    );
  }
  ctx.store.truth.fence = 'refused';
  afterFence(ctx);
}

export function onFenceSeen(ctx: ResyncContext, uuid: string): void {
  if (ctx.resync.fence !== uuid) return;
  ctx.store.truth.lastFenceAt = ctx.store.now;
  ctx.store.truth.fence = 'working';
  afterFence(ctx);
}

/**
 * The fence did not come back in time. On a machine that is short of CPU it may only wait in the socket. It counts as
 * lost if it is not there when the socket has been read empty, or if the listener does not answer.
 */
export function onFenceOverdue(ctx: ResyncContext): void {
  const { resync } = ctx;
  if (resync.fence === null) return;
  if (resync.fenceDrain !== null) {
    onFenceLost(ctx);
    return;
  }
  resync.fenceDrain = ctx.nextId++;
  ctx.effects.push({ type: 'drain', token: resync.fenceDrain });
  ctx.timers.set('fence', ctx.store.now + ctx.options.fenceTimeoutMs);
}

function onFenceLost(ctx: ResyncContext): void {
  ctx.timers.clear('fence');
  ctx.resync.fenceDrain = null;
  ctx.resync.fence = null;
  const fencing = ctx.resync.phase === 'fencing';
  noteLoss(ctx, 'fence-lost', 1);
  if (fencing && ctx.resync.attempt >= MAX_ATTEMPTS) takeSnapshot(ctx);
  else if (fencing) begin(ctx);
}

function afterFence(ctx: ResyncContext): void {
  ctx.resync.fence = null;
  ctx.resync.fenceDrain = null;
  ctx.timers.clear('fence');
  if (ctx.resync.phase === 'fencing') takeSnapshot(ctx);
}

function takeSnapshot(ctx: ResyncContext): void {
  const { resync } = ctx;
  resync.phase = 'snapshot';
  resync.pending = ctx.seq;
  ctx.timers.clear('resync-stuck');
  ctx.effects.push({ type: 'snapshot', asked: ctx.seq, purpose: 'resync' });
}

export function onSnapshot(ctx: ResyncContext, asked: Seq, snapshot: KernelSnapshot): void {
  const { resync } = ctx;
  if (resync.phase !== 'snapshot' || asked !== resync.pending) return;
  resync.taken = { asked, at: ctx.store.now, snapshot };
  resync.phase = 'rechecking';
  resync.token = ctx.nextId++;
  ctx.effects.push({ type: 'drain', token: resync.token });
  ctx.timers.set('resync-stuck', ctx.store.now + 2 * ctx.options.fenceTimeoutMs);
}

/** The listener did not answer a drain. The engine asks it again until it answers. */
export function onResyncStuck(ctx: ResyncContext): void {
  if (ctx.resync.phase !== 'draining' && ctx.resync.phase !== 'rechecking') return;
  log(ctx, 'error', 'the uevent listener did not answer the drain request: it is sent again');
  begin(ctx);
}

function pause(ctx: ResyncContext): void {
  const { resync } = ctx;
  delete resync.taken;
  resync.pending = null;
  resync.phase = 'pausing';
  log(ctx, 'notice', `more events were lost during resync attempt ${resync.attempt}: another attempt follows`);
  ctx.timers.set('resync', ctx.store.now + retryPause(ctx.options, resync.attempt));
}

/** The pause before the next attempt is over. */
export function onResyncDue(ctx: ResyncContext): void {
  if (ctx.resync.phase === 'pausing') begin(ctx);
  else if (ctx.resync.phase === 'idle') requestResync(ctx, 'periodic');
}

function apply(ctx: ResyncContext, quiet: boolean): void {
  const { resync, store } = ctx;
  const taken = resync.taken;
  if (taken === undefined) return;
  delete resync.taken;
  resync.pending = null;
  resync.phase = 'idle';
  const before = remember(ctx);
  const starting = store.truth.phase === 'starting';
  const complete = taken.snapshot.dm.ok && taken.snapshot.blocks.ok;
  applySnapshot(ctx, taken);
  // Nothing may be made or changed before all maps and disks were listed once.
  if (complete || !starting) store.truth.phase = 'idle';
  if (complete && starting) ctx.announce({ kind: 'tables-complete' });
  if (complete) answeredBySnapshot(ctx, taken.asked);
  report(ctx, before, complete);
  if (quiet && complete) {
    ctx.timers.set('resync', store.now + ctx.options.periodicResyncMs);
  } else {
    resync.phase = 'pausing';
    ctx.timers.set('resync', store.now + (complete ? 5_000 : retryPause(ctx.options, resync.attempt)));
  }
}

function applySnapshot(ctx: InventoryContext, { asked, at, snapshot }: NonNullable<ResyncState['taken']>): void {
  ctx.lookedUp.clear();
  // An answer that is under way may be older than the snapshot. Each such question is put again, so that its answer
  // does not stay the last one.
  for (const pending of ctx.reads.values()) pending.again = true;
  if (snapshot.blocks.ok) {
    applyBlocks(ctx, asked, at, snapshot.blocks.value);
  } else {
    log(
      ctx,
      'error',
      `listing the disks failed (${describeFailure(snapshot.blocks.failure)}): no path entry changes; the disks are listed again`,
    );
  }
  const concerned = snapshot.dm.ok ? takeListing(ctx, asked, wholeListing(snapshot.dm.value)) : [];
  for (const { uuid, reading } of snapshot.maps) applyMapReading(ctx, asked, { uuid }, reading);
  if (snapshot.dm.ok) {
    applyListing(ctx, asked, concerned, new Set(snapshot.maps.map(({ uuid }) => uuid)));
  } else {
    log(
      ctx,
      'error',
      `listing the maps failed (${describeFailure(snapshot.dm.failure)}): no map entry changes; the maps are listed again`,
    );
  }
}

function applyBlocks(ctx: InventoryContext, asked: Seq, at: number, disks: readonly DiskReading[]): void {
  const news: DiskReading[] = [];
  for (const disk of disks) {
    if (isKnown(ctx, disk)) applyBlockReading(ctx, asked, disk.name, disk.reading, at);
    else if (isPathName(disk.name)) news.push(disk);
  }
  // New disks come in the order of the kernel's discovery, by which names are given, and not in the order of readdir.
  for (const { name, reading } of news.sort(byName)) applyBlockReading(ctx, asked, name, reading, at);
  lookUpUnseen(ctx, asked);
  const unseen = [...ctx.store.paths.values()].filter((path) => asked > path.known);
  const listed = new Set(unseen.length === 0 ? [] : disks.map(({ name }) => name));
  // A disk that the listing lacks is not proved to be gone: a look-up by name decides.
  for (const { name } of unseen) if (!listed.has(name)) requestBlock(ctx, name);
}

function isKnown(ctx: CoreContext, { name, reading }: DiskReading): boolean {
  if (!reading.ok) return false;
  const path = ctx.store.pathByName(name);
  return path !== undefined && path.devt === reading.value.devt && path.diskseq === reading.value.diskseq;
}

/** Sorts sdz before sdaa. */
function byName(a: { name: string }, b: { name: string }): number {
  return a.name.length - b.name.length || (a.name < b.name ? -1 : 1);
}
