/** Paths that dm and the checker see differently: failed, or reinstated once they are proved to lead to the LUN. */
import type { MultipathMap } from '../../model/map';
import { isUsable, type Path } from '../../model/path';
import { mayReinstate } from '../health/checks';
import { isResting } from '../health/flapping';
import { isProvedNow, isUnproved, reservationOf } from '../health/lunIdentity';
import type { ReconcileContext } from './state';
import { message, type Step } from './writes';

/** Paths that dm and the checker see differently. One message at a time. */
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
      // A table that is loaded makes all its paths active, also those that were failed before.
      if (state === 'active' && isUnproved(path)) {
        return message(`fail_path ${devt}`, `${path.name} was failed, and its LUN is not proved yet`);
      }
    }
  }
  return null;
}

function isFoundDown(path: Path): boolean {
  const { state, lastAt } = path.check;
  return lastAt !== null && !isUsable(state) && (state === 'down' || state === 'timeout' || state === 'removed');
}
