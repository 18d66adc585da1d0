/**
 * An orderly stop (multipath.conf(5), queue_without_daemon): after it nobody can end the queueing of I/O, so mpathd
 * ends it now.
 */
import { daemonSetting } from '../../config/effective';
import type { MultipathMap } from '../../model/map';
import { wantsQueueing } from '../../policy/queueing';
import { isQueueing } from './queueing';
import type { ReconcileContext } from './state';
import { begin } from './writes';

/**
 * Does the last work before the daemon ends. `stopped` is sent once, when this work and all earlier writes are
 * answered: a process that ends between two ioctls of a write leaves a half made map.
 */
export function shutDown(ctx: ReconcileContext): void {
  const { shutdown } = ctx;
  if (shutdown.done) return;
  let waits = ctx.writes.size > 0;
  for (const map of letsGo(ctx) ? ctx.store.maps.values() : []) {
    if (!mayQueue(map) || ctx.writes.has(map.uuid) || shutdown.asked.has(map.uuid)) continue;
    shutdown.asked.add(map.uuid);
    const reason = 'the daemon stops, and queue_without_daemon is no';
    begin(ctx, map, { kind: 'message', message: 'fail_if_no_path', reason });
    waits = true;
  }
  if (waits) return;
  shutdown.done = true;
  ctx.effects.push({ type: 'stopped' });
}

function letsGo(ctx: ReconcileContext): boolean {
  return !ctx.keepsQueueing && !daemonSetting(ctx.configuration, 'queue_without_daemon').value;
}

/** True if the map queues, or is about to. mpathd changes only queueing that is configured. */
function mayQueue(map: MultipathMap): boolean {
  const wanted = wantsQueueing(map.queueing);
  return wanted !== null && (wanted || map.stale !== null || isQueueing(map));
}
