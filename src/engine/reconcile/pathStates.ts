/**
 * Paths whose states in dm and by the checker differ. They are failed, or reinstated after a proof that they lead to
 * the LUN.
 */
import type { MultipathMap } from '../../model/map';
import { isUsable, type Path } from '../../model/path';
import { mayReinstate } from '../health/checks';
import { isResting } from '../health/flapping';
import { isProvedNow, reservationOf } from '../health/lunIdentity';
import { hindranceOf, stopOf } from '../health/rules';
import type { ReconcileContext } from './state';
import { message, type Step } from './writes';

/** The next step for such a path: one message at a time. */
export function reconcilePathStates(ctx: ReconcileContext, map: MultipathMap): Step {
  for (const group of map.status?.groups ?? []) {
    for (const { devt, state } of group.paths) {
      const path = ctx.store.pathByDevt(devt);
      if (path === undefined || path.wwid !== map.wwid || path.map !== map.uuid) continue;
      if (state === 'failed' && mayGetIo(ctx, path)) {
        return message(
          `reinstate_path ${devt}`,
          `${path.name} answers again (${path.check.message}${reservationOf(path)})`,
        );
      }
      if (state === 'active' && isFoundDown(path)) {
        return message(`fail_path ${devt}`, `${path.name} does not answer (${path.check.message})`);
      }
      const stop = state === 'active' ? stopOf(ctx, path) : null;
      if (stop !== null) return message(`fail_path ${devt}`, `${path.name} ${stop}`);
    }
  }
  return null;
}

/** True if a path that was failed may get I/O again. */
function mayGetIo(ctx: ReconcileContext, path: Path): boolean {
  return mayReinstate(path) && !isResting(ctx, path) && hindranceOf(ctx, path) === null && isProvedNow(ctx, path);
}

function isFoundDown(path: Path): boolean {
  const { state, lastAt } = path.check;
  return lastAt !== null && !isUsable(state) && (state === 'down' || state === 'timeout' || state === 'removed');
}
