/** Carries out `failback`: when I/O goes back to the best group, and paths to the groups of their new priorities. */
import type { FailbackPolicy, MultipathMap } from '../../model/map';
import { isMarginalPath, isUsable, NO_PRIORITY, type Path } from '../../model/path';
import type { StatusPath } from '../../model/table';
import { groupToSwitchTo, isInOrder } from '../../policy/failback';
import type { Ranked } from '../../policy/grouping';
import type { CoreContext } from '../core/core';
import { changeFailback, failbackTimer } from '../health/failbackState';
import { isJustRead } from './freshness';
import type { ReconcileContext } from './state';
import { message, type Step } from './writes';

/** Notes the configured policy. If it has changed, a deferred failback begins again. */
export function noteFailbackPolicy(ctx: CoreContext, map: MultipathMap, policy: FailbackPolicy): void {
  if (map.failback.policy === policy) return;
  ctx.timers.clear(failbackTimer(map));
  changeFailback(map, { policy, dueAt: null });
}

/** The groups are as they should be, so nothing is left to do. */
export function noteGrouped(ctx: CoreContext, map: MultipathMap): void {
  const { dueAt, cameUp, anew } = map.failback;
  if (dueAt !== null) ctx.timers.clear(failbackTimer(map));
  // Before the path is reinstated it is not known which group becomes the best.
  const awaited = cameUp !== null && ctx.store.pathByDevt(cameUp)?.dmState === 'failed';
  if (dueAt !== null || anew || (cameUp !== null && !awaited))
    changeFailback(map, { dueAt: null, cameUp: awaited ? cameUp : null, anew: false });
}

/**
 * True if the policy allows it now to group the paths anew (`best` null), or to switch to group `best`. A deferred
 * failback begins its wait here.
 */
export function mayFailBack(ctx: CoreContext, map: MultipathMap, best: number | null): boolean {
  const { policy, dueAt, cameUp } = map.failback;
  if (policy === 'immediate') return true;
  if (policy === 'followover')
    return (
      cameUp !== null &&
      (best === null || map.table?.groups[best - 1]?.paths.some(({ devt }) => devt === cameUp) === true)
    );
  if (typeof policy !== 'number') return false;
  if (dueAt !== null) return dueAt <= ctx.store.now;
  const at = ctx.store.now + policy * 1_000;
  changeFailback(map, { dueAt: at });
  ctx.timers.set(failbackTimer(map), at);
  return false;
}

const isUnchecked = (path: Path): boolean => path.check.state === 'unchecked' || path.check.lastAt === null;

function membersOf(ctx: CoreContext, map: MultipathMap): Path[] {
  const devts = map.table?.groups.flatMap(({ paths }) => paths) ?? [];
  return devts.map(({ devt }) => ctx.store.pathByDevt(devt)).filter((path): path is Path => path !== undefined);
}

/** The path as dm uses it. A path that is not yet reinstated is not usable. */
function rankedOf(ctx: CoreContext, { devt, state }: StatusPath): Ranked {
  const path = ctx.store.pathByDevt(devt);
  return {
    priority: path?.priority ?? NO_PRIORITY,
    usable: path !== undefined && state === 'active' && isUsable(path.check.state),
    marginal: path !== undefined && isMarginalPath(path),
  };
}

/** True if the kernel does not fall back on the groups in the order of their priorities. */
export function isOutOfOrder(ctx: CoreContext, map: MultipathMap): boolean {
  return (
    map.status !== null && !isInOrder(map.status.groups.map(({ paths }) => paths.map((path) => rankedOf(ctx, path))))
  );
}

/**
 * Moves I/O to the best group. If the kernel does not follow a switch, the engine orders it again at the checkers'
 * pace.
 */
export function reconcileGroup(ctx: ReconcileContext, map: MultipathMap): Step {
  const { status } = map;
  if (status === null || ctx.reloadedByOthers.has(map.uuid)) return null;
  if (membersOf(ctx, map).some(isUnchecked)) return 'defer';
  const group = groupToSwitchTo(
    status.groups.map(({ paths }) => paths.map((path) => rankedOf(ctx, path))),
    status.nextGroup,
  );
  if (group === null) return null;
  if (!map.failback.anew && !mayFailBack(ctx, map, group)) return 'defer';
  const { switchedAt } = map.failback;
  if (switchedAt !== null && ctx.store.now < switchedAt + ctx.polling.intervalMs) {
    ctx.timers.setSooner(failbackTimer(map), switchedAt + ctx.polling.intervalMs);
    return 'defer';
  }
  if (!isJustRead(ctx, map)) return 'wait';
  changeFailback(map, { switchedAt: ctx.store.now });
  map.counters.switchGroup += 1;
  return message(`switch_group ${group}`, `group ${group} is the best, group ${status.nextGroup} is in use`);
}
