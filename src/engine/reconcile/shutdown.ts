/** An orderly stop (multipath.conf(5), queue_without_daemon): nobody will end the queueing of I/O, so it ends now. */
import { daemonSetting } from '../../config/effective';
import type { MultipathMap } from '../../model/map';
import { wantsQueueing } from '../../policy/queueing';
import { isQueueing } from './queueing';
import type { ReconcileContext } from './state';
import { begin } from './writes';

/**
 * Does what is left to be done before the daemon ends; `stopped` is told once that is answered, and each write that was
 * begun before: a process that ends between two ioctls of one leaves a map half made.
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

/** It queues, or is about to; what is not configured is left alone, as ever. */
function mayQueue(map: MultipathMap): boolean {
  const wanted = wantsQueueing(map.queueing);
  return wanted !== null && (wanted || map.stale !== null || isQueueing(map));
}
