/**
 * Maps whose paths are all gone. mpathd removes an unused map; a used map keeps an empty table until paths come back.
 */
import type { MultipathMap } from '../../model/map';
import type { CoreContext } from '../core/core';
import { isJustRead } from './freshness';
import type { Classified } from './classified';
import { isQueueing } from './queueing';
import type { ReconcileContext } from './state';
import { orderOf, tableFor, type TablePlan } from './wantedTable';
import { reload, type Step } from './writes';

/** The next step for a map without a path. flush_on_last_del decides what happens to the I/O that the map queues. */
export function reconcileEmpty(ctx: ReconcileContext, map: MultipathMap, found: Classified, plan: TablePlan): Step {
  const isEmptied = found.leaving.length === 0 && found.members.length === 0;
  if (isEmptied && hasPathElsewhere(ctx, map)) return null;
  const flush = plan.settings.configured.flush_on_last_del.value;
  const isUsed = map.facts.openCount > 0;
  const isBanned = found.leaving.some(({ blacklisted }) => blacklisted);
  const keepsQueueing = isQueueing(map) && !isBanned && (flush === 'never' || (flush === 'unused' && isUsed));
  const isKept = isUsed || keepsQueueing;
  if (isEmptied && isKept) {
    // No event says that a map was closed. udev opens each map that changes, so many maps are open when their last path
    // goes.
    ctx.timers.setSooner(`map ${map.uuid}`, ctx.store.now + ctx.polling.intervalMs);
    return null;
  }
  if (!isJustRead(ctx, map)) return 'wait';
  const gone = found.leaving.map(({ devt, why }) => `${devt}: ${why}`).join(', ');
  if (!isKept) {
    const what = isBanned ? 'none of its paths may be multipathed' : 'the last path is gone';
    const reason = isEmptied ? 'it has no path, and nobody uses it any more' : `${what} (${gone}) and nobody uses it`;
    return { write: { kind: 'remove', reason } };
  }
  if (flush === 'always') map.queueing = { ...map.queueing, recovery: null, off: map.queueing.off ?? 'flushed' };
  const order = orderOf(tableFor([], { ...plan, queueing: map.queueing }));
  const why = isUsed ? 'the map is in use' : 'the map queues I/O, and flush_on_last_del is never';
  return reload({ ...order, readOnly: map.facts.readOnly }, `the last path is gone (${gone}), but ${why}`);
}

/**
 * True if a path of the LUN exists and is not in the map: the disk is being asked for its LUN, or something (another
 * tool, the path's size) keeps it out.
 */
function hasPathElsewhere(ctx: CoreContext, map: MultipathMap): boolean {
  for (const path of ctx.store.pathsOfWwid(map.wwid)) if (path.init !== 'excluded') return true;
  return false;
}
