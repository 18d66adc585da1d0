/**
 * Paths that pass their checks and fail with I/O: a standby port that answers TEST UNIT READY, a bad cable. Each
 * failure leads to a check at once, so such a path would be reinstated several times a second. I/O that is sent to it
 * again and again would not end, and at each change udev reads the map again, which makes the path fail once more. So a
 * path that fails soon after its reinstatement rests, each time for twice as long.
 */
import type { Path } from '../../model/path';
import type { CoreContext } from '../core/core';
import type { SettingsContext } from '../settings/state';

const FIRST_REST_MS = 1_000;

/** dm shows a path active that it showed failed. */
export function noteRevived(ctx: CoreContext, path: Path): void {
  path.flapping.revivedAt = ctx.store.now;
}

/** dm shows a path failed. Returns how long, ms, the path rests; 0: it did not fail soon after its reinstatement. */
export function noteFailed(ctx: SettingsContext, path: Path): number {
  const { times, revivedAt } = path.flapping;
  const { intervalMs, maxIntervalMs } = ctx.polling;
  const isAgain = revivedAt !== null && ctx.store.now - revivedAt < intervalMs;
  const rest = isAgain ? Math.min(FIRST_REST_MS * 2 ** Math.min(times, 16), maxIntervalMs) : 0;
  path.flapping = { times: isAgain ? times + 1 : 0, revivedAt, restsUntil: ctx.store.now + rest };
  return rest;
}

export function isResting(ctx: CoreContext, path: Path): boolean {
  return ctx.store.now < path.flapping.restsUntil;
}
