/**
 * Paths that pass their checks and fail with I/O: a standby port that answers TEST UNIT READY, a bad cable. Each
 * failure leads to a check at once, so such a path would be reinstated several times a second. I/O that is sent to it
 * again and again would not end, and at each change udev reads the map again, which makes the path fail once more. So a
 * path that fails soon after its reinstatement rests, each time for twice as long.
 */
import type { Path } from '../../model/path';
import type { Ms } from '../../model/units';
import type { CoreContext } from '../core/core';
import type { SettingsContext } from '../settings/state';
import type { HealthRule } from './rule';

const FIRST_REST_MS = 1_000;

export const FLAPPING: HealthRule = {
  onRevived: (ctx, path) => {
    path.flapping = { ...path.flapping, revivedAt: ctx.store.now };
  },
  onFailed: noteRest,
};

/** dm shows a path failed: it rests if that came soon after its reinstatement. */
function noteRest(ctx: SettingsContext, path: Path): void {
  const { times, revivedAt } = path.flapping;
  const { intervalMs, maxIntervalMs } = ctx.polling;
  const isAgain = revivedAt !== null && ctx.store.now - revivedAt < intervalMs;
  const rest = isAgain ? Math.min(FIRST_REST_MS * 2 ** Math.min(times, 16), maxIntervalMs) : 0;
  path.flapping = { times: isAgain ? times + 1 : 0, revivedAt, restsUntil: ctx.store.now + rest };
}

/** For how long, ms, it rests; 0: it has not failed so for some time. */
export function restOf(ctx: CoreContext, path: Path): Ms {
  return Math.max(0, path.flapping.restsUntil - ctx.store.now);
}

export function isResting(ctx: CoreContext, path: Path): boolean {
  return restOf(ctx, path) > 0;
}
