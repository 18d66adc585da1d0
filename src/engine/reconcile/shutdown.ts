/** An orderly stop (multipath.conf(5), queue_without_daemon): nobody will end the queueing of I/O, so it ends now. */
import { daemonSetting } from '../../config/effective';
import type { MultipathMap } from '../../model/map';
import { wantsQueueing } from '../../policy/queueing';
import type { Context } from '../context';
import { message } from './writes';
import { isQueueing } from './queueing';

/**
 * Does what is left to be done before the daemon ends; `stopped` is told once that is answered, and each write that was
 * begun before: a process that ends between two ioctls of one leaves a map half made.
 */
export function part(ctx: Context): void {
  const { parting } = ctx;
  if (parting.done) return;
  let waits = ctx.writes.size > 0;
  for (const map of letsGo(ctx) ? ctx.store.maps.values() : []) {
    if (!mayQueue(map) || ctx.writes.has(map.uuid) || parting.asked.has(map.uuid)) continue;
    parting.asked.add(map.uuid);
    message(ctx, map, 'fail_if_no_path', 'the daemon stops, and queue_without_daemon is no');
    waits = true;
  }
  if (waits) return;
  parting.done = true;
  ctx.effects.push({ type: 'stopped' });
}

function letsGo(ctx: Context): boolean {
  return !ctx.keepsQueueing && !daemonSetting(ctx.configuration, 'queue_without_daemon').value;
}

/** It queues, or is about to; what is not configured is left alone, as ever. */
function mayQueue(map: MultipathMap): boolean {
  const wanted = wantsQueueing(map.queueing);
  return wanted !== null && (wanted || map.stale !== null || isQueueing(map));
}
