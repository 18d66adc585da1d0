/** Carries out `no_path_retry`: when a map queues I/O without a usable path, and for how long. */
import type { MultipathMap } from '../../model/map';
import { isUsable, type Path } from '../../model/path';
import type { Ms } from '../../model/units';
import { nextQueueing, type PathCount, type QueueingEvent, wantsQueueing, withRetry } from '../../policy/queueing';
import { type CoreContext, log } from '../core/core';
import { checkSoon } from '../health/checks';
import { tableDevts } from '../inventory/membership';
import type { InventoryContext } from '../inventory/state';
import type { MapSettings, SettingsContext } from '../settings/state';
import { mayAskFor } from './acceptedWrites';
import { isJustRead } from './freshness';
import type { ReconcileContext } from './state';
import { message, type Step } from './writes';

const FEATURE = 'queue_if_no_path';

export function isQueueing(map: MultipathMap): boolean {
  return map.table?.features.includes(FEATURE) === true;
}

/** The next step so that the kernel queues, or does not queue, as it should. */
export function switchKernelQueueing(ctx: ReconcileContext, map: MultipathMap): Step {
  const wanted = wantsQueueing(map.queueing);
  if (wanted === null || wanted === isQueueing(map)) return null;
  if (!isJustRead(ctx, map)) return 'wait';
  const order = wanted ? FEATURE : 'fail_if_no_path';
  if (!mayAskFor(ctx, map, 'message', order)) return null;
  return message(order, reasonOf(map, wanted));
}

function reasonOf({ queueing }: MultipathMap, wanted: boolean): string {
  if (queueing.off === 'asked') return 'queueing was switched off by the administrator';
  if (queueing.off === 'flushed') return 'its last path is gone, and flush_on_last_del is always';
  if (queueing.exhausted) return `no path was usable for ${queueing.retry} checks`;
  return wanted ? `no_path_retry is ${queueing.retry}` : 'no_path_retry is fail';
}

/** Brings the map's state in line with its settings, its paths and the time. */
export function advanceQueueing(ctx: InventoryContext, map: MultipathMap, settings: MapSettings): void {
  const before = map.queueing;
  const state = withRetry(before, settings.configured.no_path_retry.value);
  const { intervalMs } = ctx.polling;
  const step = nextQueueing(
    state,
    countPaths(ctx, map),
    ctx.store.now,
    intervalMs,
    isDue(ctx, map) && isVerified(ctx, map),
  );
  map.queueing = step.state;
  if (step.event !== null) onEvent(ctx, map, step.event, before.recovery?.since ?? ctx.store.now);
  const { recovery } = map.queueing;
  if (recovery === null) ctx.timers.clear(`queue ${map.uuid}`);
  else if (recovery.until > ctx.store.now) ctx.timers.set(`queue ${map.uuid}`, recovery.until);
}

function onEvent(ctx: CoreContext, map: MultipathMap, event: QueueingEvent, since: Ms): void {
  const name = map.facts.name;
  const seconds = Math.round((ctx.store.now - since) / 1_000);
  switch (event) {
    case 'began':
      map.counters.queueTimeouts += 1;
      return log(ctx, 'warning', `no path is usable: I/O is queued for ${map.queueing.retry} checks`, name);
    case 'expired':
      map.counters.totalQueueTime += seconds;
      map.counters.mapFailures += 1;
      return log(ctx, 'error', `no path was usable for ${seconds} s: I/O fails now`, name);
    case 'ended':
      map.counters.totalQueueTime += seconds;
      return log(
        ctx,
        'notice',
        'a path is usable again: the map queues I/O the next time that no path is usable',
        name,
      );
  }
}

function isDue(ctx: CoreContext, { queueing }: MultipathMap): boolean {
  return queueing.recovery !== null && queueing.recovery.until <= ctx.store.now;
}

/**
 * True if each path that can be checked was checked a moment ago. A daemon that was stopped meanwhile checks again
 * first.
 */
function isVerified(ctx: SettingsContext, map: MultipathMap): boolean {
  const oldest = ctx.store.now - 2 * ctx.polling.intervalMs;
  const old = membersOf(ctx, map).filter(
    ({ facts, check }) => facts !== null && (check.lastAt === null || check.lastAt < oldest),
  );
  for (const path of old) if (!path.check.inFlight) checkSoon(ctx, path);
  return old.length === 0;
}

function membersOf(ctx: CoreContext, map: MultipathMap): Path[] {
  return tableDevts(map)
    .map((devt) => ctx.store.pathByDevt(devt))
    .filter((path): path is Path => path !== undefined);
}

/** A path that is not known to be down may be usable. */
function countPaths(ctx: InventoryContext, map: MultipathMap): PathCount {
  const count = { usable: 0, pending: 0, down: 0 };
  for (const group of map.status?.groups ?? []) {
    for (const { devt, state } of group.paths) {
      const path = ctx.store.pathByDevt(devt);
      if (path === undefined) count.pending += state === 'active' && !ctx.absentDevts.has(devt) ? 1 : 0;
      else count[judge(path, state)] += 1;
    }
  }
  return count;
}

function judge(path: Path, state: 'active' | 'failed'): keyof PathCount | 'down' {
  const { check } = path;
  // Before its reinstatement a path gets no I/O. A disk that does not tell its LUN may never be reinstated.
  if (isUsable(check.state)) return state === 'active' ? 'usable' : path.live.unanswered ? 'down' : 'pending';
  return check.state === 'pending' || check.state === 'unchecked' || check.lastAt === null ? 'pending' : 'down';
}

/**
 * Called when an administrator switches a map's queueing on or off. The next reconciliation of the map carries it out.
 */
export function switchQueueing(map: MultipathMap, off: boolean): void {
  if (off && map.queueing.recovery !== null) map.counters.mapFailures += 1;
  map.queueing = { ...map.queueing, recovery: null, exhausted: false, off: off ? 'asked' : null };
}
