/**
 * Paths whose states in dm and by the checker differ. They are failed, or reinstated after a proof that they lead to
 * the LUN.
 */
import type { MultipathMap } from '../../model/map';
import { isUsable, type Path } from '../../model/path';
import { mayReinstate } from '../health/checks';
import { isResting } from '../health/flapping';
import { isProvedNow, isUnproved, reservationOf } from '../health/lunIdentity';
import type { ReconcileContext } from './state';
import { message, type Step } from './writes';

/** The next step for such a path: one message at a time. */
export function reconcilePathStates(ctx: ReconcileContext, map: MultipathMap): Step {
  for (const group of map.status?.groups ?? []) {
    for (const { devt, state } of group.paths) {
      const path = ctx.store.pathByDevt(devt);
      if (path === undefined || path.wwid !== map.wwid || path.map !== map.uuid) continue;
      if (state === 'failed' && mayReinstate(path) && !isResting(ctx, path) && isProvedNow(ctx, path)) {
        return message(
          `reinstate_path ${devt}`,
          `${path.name} answers again (${path.check.message}${reservationOf(path)})`,
        );
      }
      if (state === 'active' && isFoundDown(path)) {
        return message(`fail_path ${devt}`, `${path.name} does not answer (${path.check.message})`);
      }
      // A new table makes all its paths active, also the paths that were failed before.
      if (state === 'active' && isUnproved(path)) {
        return message(
          `fail_path ${devt}`,
          `${path.name} was failed, and has not been proved to lead to this LUN still`,
        );
      }
    }
  }
  return null;
}

function isFoundDown(path: Path): boolean {
  const { state, lastAt } = path.check;
  return lastAt !== null && !isUsable(state) && (state === 'down' || state === 'timeout' || state === 'removed');
}
