/** Paths that dm shows failed: I/O failed on them, or somebody failed them. */
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import { log } from '../core/core';
import type { SettingsContext } from '../settings/state';
import { notePathSwitched } from './failbackState';
import { restOf } from './flapping';
import { noteFailed } from './rules';

/** I/O failed on the path, or somebody failed it. The outcome of an earlier check does not count any more. */
export function onFailedByKernel(ctx: SettingsContext, path: Path, map: MultipathMap | undefined): void {
  path.failedAt = ctx.seq;
  path.upAt = 0;
  noteFailed(ctx, path, map);
  const restMs = restOf(ctx, path);
  if (path.check.state === 'up' || path.check.state === 'ghost') {
    path.check.state = 'down';
    notePathSwitched(ctx, path, false);
    path.check.message =
      restMs === 0
        ? 'the kernel reports the path failed'
        : `the kernel failed it soon after its reinstatement, ${path.flapping.times} times in a row`;
    path.check.failures += 1;
    // No check has come since the failure. The next check decides, and not this state.
    path.check.lastAt = null;
    if (map !== undefined) map.counters.pathFaults += 1;
    const again =
      restMs === 0
        ? ': it is checked now'
        : ` soon after its reinstatement (${path.flapping.times} in a row): it rests for ${restMs / 1_000} s`;
    log(ctx, 'warning', `failed in ${map?.facts.name ?? 'its map'} by the kernel${again}`, path.name);
  }
  path.check.intervalMs = ctx.polling.intervalMs;
  ctx.timers.set(`check ${path.key}`, ctx.store.now + restMs);
}
