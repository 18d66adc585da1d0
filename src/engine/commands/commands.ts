/** What an administrator may ask for through the socket, beyond looking. */
import type { KernelSnapshot } from '../../model/facts';
import { describeFailure } from '../../model/failure';
import { isDevT, isDiskName, uuidOfWwid } from '../../model/identity';
import { devicePart, findMap, findPath } from '../../model/lookup';
import { type CoreContext, log, markForReconcile } from '../core/core';
import { requestBlock, requestMap } from '../core/questions';
import { recheckWwid } from '../health/lunIdentity';
import { forgetPath } from '../inventory/paths';
import type { AdminCommand, AuditDifference, Input } from '../protocol';
import { findWwid } from '../reconcile/naming';
import { switchQueueing } from '../reconcile/queueing';
import { begin } from '../reconcile/writes';
import { compareWithKernel } from '../resync/audit';
import { requestResync } from '../resync/resync';
import { notFound } from './conditions';
import { applyConfiguration } from './reconfigure';
import type { Audit, CommandsContext } from './state';
import { reply, waitFor } from './waiters';

/** How long a command may wait for its effect, ms: below the clients' own patience of 4 s. */
const PATIENCE_MS = 3_800;
const RESYNC_PATIENCE_MS = 60_000;

export function onCommand(ctx: CommandsContext, request: number, command: AdminCommand): void {
  switch (command.kind) {
    case 'add-path':
      return addPath(ctx, request, command.path);
    case 'del-path':
      return delPath(ctx, request, command.path);
    case 'add-map':
      return addMap(ctx, request, command.map);
    case 'del-map':
      return delMap(ctx, request, command.map);
    case 'disable-queueing':
    case 'restore-queueing':
      return setQueueing(ctx, request, command.map, command.kind === 'disable-queueing');
    case 'force-daemon-queueing':
    case 'restore-daemon-queueing':
      ctx.keepsQueueing = command.kind === 'force-daemon-queueing';
      return reply(ctx, request, { outcome: 'ok' });
    case 'resync':
      return resyncNow(ctx, request);
    case 'reconfigure':
      ctx.effects.push({ type: 'read-configuration', request, all: command.all ?? false });
      return;
    case 'audit':
      return audit(ctx, request);
  }
}

type ConfigurationFiles = Extract<Input, { type: 'configuration-read' }>;

/** The answer to the `reconfigure` of this number. */
export function onConfigurationRead(ctx: CommandsContext, request: number, files: ConfigurationFiles): void {
  const { configuration } = files;
  if (!configuration.ok) {
    const message = `${describeFailure(configuration.failure)}; the running configuration stays`;
    log(ctx, 'error', `not reconfigured: ${message}`);
    reply(ctx, request, { outcome: 'fail', reason: 'other', message });
    return;
  }
  applyConfiguration(ctx, { ...files, configuration: configuration.value });
  if (files.all) for (const uuid of ctx.store.maps.keys()) ctx.reloadAnyway.add(uuid);
  resyncNow(ctx, request);
}

function resyncNow(ctx: CommandsContext, request: number): void {
  const before = ctx.store.truth.resyncs;
  // One that is under way may have looked before the administrator's change: then one more follows.
  const needed = ctx.resync.phase === 'idle' ? 1 : 2;
  ctx.store.truth.losses.requested += 1;
  requestResync(ctx, 'requested');
  waitFor(ctx, request, RESYNC_PATIENCE_MS, { until: 'resynced', resyncs: before + needed });
}

function addPath(ctx: CommandsContext, request: number, what: string): void {
  for (const key of ctx.takenOutPaths.keys()) if (key.startsWith(`${what}#`)) ctx.takenOutPaths.delete(key);
  const asked = ctx.seq;
  const named = ctx.takenOutNames.get(what);
  if (named !== undefined) ctx.takenOutPaths.delete(named);
  const known = findPath(ctx.store, what);
  if (known !== undefined) {
    known.leftOutByReload = false;
    recheckWwid(ctx, known);
    if (known.wwid !== null) ctx.takenOutMaps.delete(known.wwid);
  }
  const name = known?.name ?? devicePart(what);
  // What can be no disk's name is not asked of the kernel, which would refuse it each time.
  if (!isDiskName(name) && !isDevT(name)) return reply(ctx, request, notFound(what));
  requestBlock(ctx, name);
  waitFor(ctx, request, PATIENCE_MS, { until: 'path-added', what, asked });
}

function delPath(ctx: CommandsContext, request: number, what: string): void {
  const path = findPath(ctx.store, what);
  if (path === undefined) {
    reply(ctx, request, notFound(what));
    return;
  }
  const { devt, key } = path;
  const uuid = path.map;
  log(ctx, 'notice', 'removed by the administrator: `add path` or a new add uevent brings it back', path.name);
  ctx.takenOutPaths.set(key, ctx.store.now);
  ctx.takenOutNames.set(path.name, key);
  forgetPath(ctx, path);
  waitFor(ctx, request, PATIENCE_MS, { until: 'disk-released', what, devt, uuid });
}

function addMap(ctx: CommandsContext, request: number, what: string): void {
  const wwid = findWwid(ctx, what);
  if (wwid === null) {
    reply(ctx, request, notFound(what));
    return;
  }
  const uuid = uuidOfWwid(wwid);
  ctx.takenOutMaps.delete(wwid);
  ctx.wantedMaps.set(wwid, ctx.seq);
  ctx.work.delete(wwid);
  markForReconcile(ctx, wwid);
  requestMap(ctx, { uuid });
  waitFor(ctx, request, PATIENCE_MS, { until: 'map-made', what, wwid });
}

function delMap(ctx: CommandsContext, request: number, what: string): void {
  const map = findMap(ctx.store, what);
  if (map === undefined) {
    reply(ctx, request, notFound(what));
    return;
  }
  if (ctx.writes.has(map.uuid)) {
    reply(ctx, request, {
      outcome: 'fail',
      reason: 'other',
      message: `${map.facts.name}: busy with ${map.operation?.kind ?? 'an earlier write'}; try again`,
    });
    return;
  }
  const { uuid, wwid } = map;
  const id = begin(ctx, map, { kind: 'remove', reason: 'flushed by the administrator' });
  // At once, or it would be made again as soon as it is seen to be gone.
  ctx.takenOutMaps.add(wwid);
  waitFor(ctx, request, PATIENCE_MS, { until: 'map-removed', what, uuid, wwid, id });
}

/** `what` null: all maps. */
function setQueueing(ctx: CommandsContext, request: number, what: string | null, off: boolean): void {
  const one = what === null ? null : findMap(ctx.store, what);
  if (one === undefined) return reply(ctx, request, notFound(what ?? ''));
  const maps = one === null ? [...ctx.store.maps.values()] : [one];
  for (const map of maps) {
    switchQueueing(map, off);
    markForReconcile(ctx, map.wwid);
  }
  waitFor(ctx, request, PATIENCE_MS, { until: 'queueing-set', uuids: maps.map(({ uuid }) => uuid) });
}

/** Differences count only if a second look, after the readings that events asked for, still shows them. */
const AUDIT_PAUSE_MS = 300;
const AUDIT_LOOKS = 3;

function audit(ctx: CommandsContext, request: number): void {
  ctx.audits.push({ request, looks: 0 });
  look(ctx);
}

/** Takes the snapshot for the audits that are due. */
export function look(ctx: CommandsContext): void {
  if (ctx.resync.audits > 0 || ctx.audits.length === 0) return;
  ctx.resync.audits += 1;
  ctx.effects.push({ type: 'snapshot', asked: ctx.seq, purpose: 'audit' });
}

export function onAuditSnapshot(ctx: CommandsContext, snapshot: KernelSnapshot): void {
  ctx.resync.audits -= 1;
  const { differences, unknown } = compareWithKernel(ctx, snapshot);
  const waiting: Audit[] = [];
  for (const one of ctx.audits.splice(0)) {
    if (differences.length > 0 && one.looks + 1 < AUDIT_LOOKS) {
      waiting.push({ request: one.request, looks: one.looks + 1 });
      continue;
    }
    reply(ctx, one.request, {
      outcome: 'audit',
      differences,
      unknown,
      paths: ctx.store.paths.size,
      maps: ctx.store.maps.size,
    });
  }
  ctx.audits.push(...waiting);
  if (waiting.length > 0) ctx.timers.set('audit', ctx.store.now + AUDIT_PAUSE_MS);
  if (differences.length > 0) logDifferences(ctx, differences);
}

function logDifferences(ctx: CoreContext, differences: readonly AuditDifference[]): void {
  for (const d of differences.slice(0, 20)) {
    log(ctx, 'info', `audit: ${d.field}: tables say ${d.tables}, the kernel ${d.kernel}`, d.device);
  }
}
