/** The state of `failback` that a path and its map keep: which path came up, and the deferred failback. */
import type { DevT } from '../../model/identity';
import type { FailbackState, MultipathMap } from '../../model/map';
import { isUsable, type Path } from '../../model/path';
import type { CoreContext } from '../core/core';
import type { TimerKey } from '../core/keys';

/** The timer of a deferred failback. */
export const failbackTimer = (map: MultipathMap): TimerKey => `failback ${map.uuid}`;

/** Changes some fields of the state. */
export function changeFailback(map: MultipathMap, fields: Partial<FailbackState>): void {
  map.failback = { ...map.failback, ...fields };
}

/** The map's groups and the group in use are to follow the priorities, whatever the policy is. */
export function groupAnew(map: MultipathMap): void {
  changeFailback(map, { anew: true });
}

/** A path of the map became usable, or is no longer usable: a deferred failback begins its wait again. */
export function notePathSwitched(ctx: CoreContext, path: Path, isUp: boolean): void {
  const map = path.map === null ? undefined : ctx.store.maps.get(path.map);
  if (map === undefined) return;
  const others = groupOf(map, path.devt)
    .filter((devt) => devt !== path.devt)
    .map((devt) => ctx.store.pathByDevt(devt));
  const isFirst = isUp && !others.some((other) => other !== undefined && isUsable(other.check.state));
  ctx.timers.clear(failbackTimer(map));
  changeFailback(map, {
    dueAt: null,
    cameUp: isFirst ? path.devt : map.failback.cameUp === path.devt ? null : map.failback.cameUp,
  });
}

function groupOf(map: MultipathMap, devt: DevT): DevT[] {
  const group = map.table?.groups.find(({ paths }) => paths.some((path) => path.devt === devt));
  return group?.paths.map((path) => path.devt) ?? [];
}
