/**
 * The engine takes inputs and gives effects. It has no I/O, no clock and no randomness: the same inputs give the same
 * tables and the same effects.
 */
import * as resync from './resync/resync';
import type { EffectiveConfiguration } from '../config/effective';
import type { RuleBook } from '../config/rules';
import { wwidOfUuid } from '../model/identity';
import type { Tables } from '../model/tables';
import type { Uevent, UeventBatch } from '../model/uevent';
import { type Checkpoint, restoreContext, saveContext } from './checkpoint';
import { look, onAuditSnapshot } from './commands/audit';
import { takeFiles } from './commands/reconfigure';
import { answerWaiters, onCommand, onFilesRead } from './commands/replies';
import { type Context, createContext } from './context';
import { log, markForReconcile } from './core/core';
import type { LonePurpose, SubjectPurpose, TimerKey } from './core/keys';
import { DEFAULT_OPTIONS, type EngineOptions } from './core/options';
import { oldestAsked, requestBlock, requestList, requestMap } from './core/questions';
import { sweep } from './core/tombstones';
import { onCheckDone, startCheck } from './health/checks';
import { onReportedLuns, onRescanDone } from './health/lunIdentity';
import { onDiskAnswered } from './health/rules';
import { onHintDue, onTransportHint, recheckIfHinted } from './health/transportHints';
import { findBreaches } from './invariants';
import { onDmList, onSilentMiss } from './inventory/applyListing';
import { isDmName, onDmUevent, onMapReading } from './inventory/maps';
import { onBlockReading, onBlockUevent, onScsiUevent, onUdevOverdue } from './inventory/paths';
import type { Effect, Input } from './protocol';
import { onAliasBound, onCreated, onWishOver } from './reconcile/createMap';
import { isRunning } from './reconcile/mapWork';
import { reconcileMarked } from './reconcile/reconcile';
import { shutDown } from './reconcile/shutdown';
import { onOperationDone } from './reconcile/writeAnswers';
import { onWwidRecorded, recordAgain } from './reconcile/wwidsFile';
import { acquit, onDeviceList, onGap, onLookDue, onVerdict } from './resync/seqnumGaps';
import { rulesInForce } from './settings/configuration';
import { explain } from './views/explain/explain';
import type { Explanation } from './views/explain/explanation';
import { settingsReport, type SettingsReport } from './views/settingsReport';

export interface Engine {
  /** Takes in one input. The caller carries out the effects in their order. */
  step(input: Input): Effect[];
  readonly tables: Tables;
  /** The configuration in force. */
  configuration(): EffectiveConfiguration;
  /** The blacklist in force, with the built-in rules. */
  rules(): RuleBook;
  /** The settings of a path or map (by any of its names), with their sources; null: there is no such device. */
  settings(what: string): SettingsReport | null;
  /** The whole state between two steps. {@link resumeEngine} goes on from it. */
  checkpoint(): Checkpoint;
  /** Why a path, map or LUN is multipathed, or not; null: the engine knows nothing of it. The call changes nothing. */
  explain(what: string): Explanation | null;
  /** Engine time, ms, at which a `wake` input is due; null: none. */
  nextWake(): number | null;
}

/** Longest time, ms, that readiness waits for the first maps. */
const READY_PATIENCE_MS = 20_000;

/** Pause between two lines about refused messages, ms. */
const REFUSED_LOG_MS = 60_000;

export function createEngine(options: Partial<EngineOptions> = {}): Engine {
  return engineOf(createContext({ ...DEFAULT_OPTIONS, ...options }));
}

/** An engine that goes on where another engine was when the checkpoint was taken. */
export function resumeEngine(checkpoint: Checkpoint): Engine {
  return engineOf(restoreContext(checkpoint));
}

/** An engine that works on this context. The caller leaves the context to the engine. */
export function engineOf(ctx: Context): Engine {
  return {
    tables: ctx.store,
    configuration: () => ctx.configuration,
    rules: () => rulesInForce(ctx),
    settings: (what) => settingsReport(ctx, what),
    checkpoint: () => saveContext(ctx),
    explain: (what) => explain(ctx, what),
    nextWake: () => ctx.timers.next(),
    step: (input) => {
      ctx.seq += 1;
      ctx.store.now = input.at;
      ctx.effects = [];
      ctx.changed.paths.clear();
      ctx.changed.maps.clear();
      dispatch(ctx, input);
      runTimers(ctx);
      reconcileMarked(ctx);
      if (ctx.store.truth.phase === 'stopping') shutDown(ctx);
      answerWaiters(ctx);
      ctx.store.truth.pending = pendingOf(ctx);
      tellReadiness(ctx);
      sweepNotes(ctx);
      tellBreaches(ctx, input);
      return ctx.effects;
    },
  };
}

function dispatch(ctx: Context, input: Input): void {
  switch (input.type) {
    case 'start':
      return start(ctx, input);
    case 'uevents':
      return onBatch(ctx, input.source, input.batch);
    case 'dm-event':
      return requestList(ctx);
    case 'dm-list':
      return onDmList(ctx, input.asked, input.reading);
    case 'map-read':
      return onMapReading(ctx, input.asked, input.by, input.reading);
    case 'block-read':
      return onBlockReading(ctx, input.asked, input.name, input.reading);
    case 'snapshot':
      return input.purpose === 'resync'
        ? resync.onSnapshot(ctx, input.asked, input.snapshot)
        : onAuditSnapshot(ctx, input.snapshot);
    case 'device-list':
      return onDeviceList(ctx, input.asked, input.maps, input.disks);
    case 'fence-written':
      return resync.onFenceWritten(ctx, input.uuid, input.reading);
    case 'check-done': {
      const path = ctx.store.paths.get(input.path);
      if (path === undefined) return;
      onCheckDone(ctx, path, input.outcome);
      return recheckIfHinted(ctx, path);
    }
    case 'disk-answered':
      return onDiskAnswered(ctx, input);
    case 'rescan-done':
      return onRescanDone(ctx, input.path, input.reading);
    case 'operation-done': {
      const wwid = wwidOfUuid(input.uuid);
      if (wwid !== null && onCreated(ctx, input.id, wwid, input.uuid, input.reading)) return;
      return onOperationDone(ctx, input.id, input.uuid, input.reading);
    }
    case 'alias-bound':
      return onAliasBound(ctx, input.id, input.wwid, input.reading);
    case 'configuration-read':
      return onFilesRead(ctx, input);
    case 'wwid-recorded':
      return onWwidRecorded(ctx, input.wwid, input.reading);
    case 'transport-hint':
      return onTransportHint(ctx, input.hint);
    case 'command':
      return onCommand(ctx, input.request, input.command);
    case 'wake':
      return;
    case 'stop':
      ctx.store.truth.phase = 'stopping';
      return;
  }
}

/**
 * Forgets the tombstones and unit attentions that are not newer than the oldest reading under way. No answer needs them
 * any more.
 */
function sweepNotes(ctx: Context): void {
  if (ctx.tombstones.size === 0 && ctx.attentions.size === 0) return;
  if (ctx.resync.audits > 0) return;
  const oldest = Math.min(oldestAsked(ctx) ?? ctx.seq, ctx.resync.pending ?? ctx.seq, ctx.gaps.asked ?? ctx.seq);
  for (const notes of [ctx.tombstones, ctx.attentions]) sweep(notes, oldest);
}

function start(ctx: Context, input: Extract<Input, { type: 'start' }>): void {
  ctx.store.truth.udev = input.udevPresent ? 'answering' : 'absent';
  ctx.nativeNvme = input.nativeNvme;
  takeFiles(ctx, input);
  resync.requestResync(ctx, 'start');
  ctx.timers.set('heartbeat', ctx.store.now + ctx.options.heartbeatMs);
  ctx.timers.set('ready', ctx.store.now + READY_PATIENCE_MS);
}

function onBatch(ctx: Context, source: 'kernel' | 'udev', batch: UeventBatch): void {
  for (const event of batch.events) onUevent(ctx, event);
  if (batch.refused > 0) noteRefused(ctx, source, batch.refused);
  for (const { cause, count } of batch.losses) {
    // The kernel's group has already reported a loss of udevd's group, so no resync is needed for it.
    if (source === 'kernel' || cause === 'listener-restarted') resync.noteLoss(ctx, cause, count);
  }
  if (batch.gap !== undefined) onGap(ctx, batch.gap);
  for (const { token, drops } of batch.drained) resync.onDrained(ctx, token, drops);
}

/** Anyone may flood the socket. One line per pause is enough; `status` has the whole count. */
function noteRefused(ctx: Context, source: 'kernel' | 'udev', count: number): void {
  const { counters } = ctx.store.truth;
  counters.refusedMessages += count;
  if (ctx.timers.has('refused')) return;
  ctx.timers.set('refused', ctx.store.now + REFUSED_LOG_MS);
  const sender = source === 'kernel' ? 'the kernel' : "root's udevd";
  log(
    ctx,
    'warning',
    `messages on the ${source} uevent socket were refused, as ${sender} did not send them (${counters.refusedMessages} since start)`,
  );
}

function onUevent(ctx: Context, event: Uevent): void {
  if (event.source === 'udev') noteUdev(ctx);
  acquit(ctx, event);
  if (event.source === 'kernel' && event.synthUuid !== null && event.synthUuid !== '0') {
    resync.onFenceSeen(ctx, event.synthUuid);
  }
  if (event.subsystem === 'block' && isDmName(event.name)) onDmUevent(ctx, event);
  else if (event.subsystem === 'block') onBlockUevent(ctx, event);
  else if (event.subsystem === 'scsi') onScsiUevent(ctx, event);
}

function noteUdev(ctx: Context): void {
  if (ctx.store.truth.udev === 'silent') log(ctx, 'notice', 'udevd answers again');
  ctx.store.truth.udev = 'answering';
}

function runTimers(ctx: Context): void {
  for (let key = ctx.timers.takeDue(ctx.store.now); key !== null; key = ctx.timers.takeDue(ctx.store.now)) {
    onTimer(ctx, key);
  }
}

/** Does what a due timer is for. */
function onTimer(ctx: Context, key: TimerKey): void {
  const space = key.indexOf(' ');
  if (space < 0) return onLoneTimer(ctx, key as LonePurpose);
  return onSubjectTimer(ctx, key.slice(0, space) as SubjectPurpose, key.slice(space + 1));
}

function onSubjectTimer(ctx: Context, purpose: SubjectPurpose, subject: string): void {
  switch (purpose) {
    case 'check': {
      const path = ctx.store.paths.get(subject);
      if (path !== undefined) startCheck(ctx, path);
      return;
    }
    case 'udev': {
      const path = ctx.store.paths.get(subject);
      if (path !== undefined) onUdevOverdue(ctx, path);
      return;
    }
    case 'block':
      return requestBlock(ctx, subject);
    case 'map':
      return requestMap(ctx, { uuid: subject });
    case 'dm':
      return requestMap(ctx, { devt: subject });
    case 'miss':
      return onSilentMiss(ctx, subject);
    case 'record':
      return recordAgain(ctx, subject);
    case 'work':
      return markForReconcile(ctx, subject);
    case 'wish':
      return onWishOver(ctx, subject);
    case 'queue':
    case 'failback':
      return markForReconcile(ctx, wwidOfUuid(subject));
    case 'hint':
      return onHintDue(ctx, subject);
    case 'luns':
      return onReportedLuns(ctx, subject);
  }
}

function onLoneTimer(ctx: Context, purpose: LonePurpose): void {
  switch (purpose) {
    case 'list':
      return requestList(ctx);
    case 'resync':
      return resync.onResyncDue(ctx);
    case 'resync-stuck':
      return resync.onResyncStuck(ctx);
    case 'fence':
      return resync.onFenceOverdue(ctx);
    case 'heartbeat':
      return resync.heartbeat(ctx);
    case 'look':
      return onLookDue(ctx);
    case 'look-verdict':
      return onVerdict(ctx);
    case 'audit':
      return look(ctx);
    case 'refused':
    case 'ready':
    case 'waiters':
      // These timers only wake the engine, which looks at their subjects after each step.
      return;
  }
}

/** Reports each invariant only once, since the same fault may break it again at every step. */
function tellBreaches(ctx: Context, input: Input): void {
  for (const { invariant, detail } of findBreaches(ctx, input)) {
    if (ctx.broken.has(invariant)) continue;
    ctx.broken.add(invariant);
    ctx.effects.push({ type: 'invariant-broken', invariant, detail });
  }
}

/** For `show status`: clients wait until nothing is pending. */
function pendingOf(ctx: Context): number {
  let running = 0;
  for (const work of ctx.work.values()) if (isRunning(work)) running += 1;
  return ctx.reads.size + ctx.naming.size + running;
}

/** Ready means: mpathd has adopted everything, and has made each map that it can make at once. */
function tellReadiness(ctx: Context): void {
  if (ctx.ready || ctx.store.truth.phase === 'starting') return;
  if (ctx.timers.has('ready') && isSettling(ctx)) return;
  ctx.ready = true;
  ctx.timers.clear('ready');
  ctx.effects.push({ type: 'ready' });
}

function isSettling(ctx: Context): boolean {
  if (ctx.naming.size > 0) return true;
  for (const work of ctx.work.values()) if (isRunning(work)) return true;
  for (const map of ctx.store.maps.values()) if (map.operation !== null) return true;
  for (const path of ctx.store.paths.values()) if (path.init === 'new' || path.init === 'udev-missing') return true;
  return false;
}
