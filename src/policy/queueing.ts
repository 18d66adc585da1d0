/** `no_path_retry`: what happens to I/O while no path is usable. Pure. */
import type { NoPathRetry, QueueingState } from '../model/map';

/** The counts of a map's paths. */
export interface PathCount {
  usable: number;
  /** The number of paths of which it is not known yet whether they are usable. */
  pending: number;
}

/** An event of a map's queueing: its time has begun, has run out, or has ended with a usable path. */
export type QueueingEvent = 'began' | 'expired' | 'ended';

export interface QueueingStep {
  state: QueueingState;
  event: QueueingEvent | null;
}

/** The time of the checks plus a second (multipathd counts ticks in this way). */
function patienceMs(checks: number, intervalMs: number): number {
  return checks * intervalMs + 1_000;
}

/** The state with the configured value. A map that was in recovery with another value begins anew. */
export function withRetry(state: QueueingState, retry: NoPathRetry): QueueingState {
  return state.retry === retry ? state : { ...state, retry, recovery: null, exhausted: false };
}

/**
 * The next state at `now` (ms). `verified`: a reading has just shown again that no path is usable. Without such a
 * reading the engine must not let I/O fail, as this loses writes.
 */
export function nextQueueing(
  state: QueueingState,
  count: PathCount,
  now: number,
  intervalMs: number,
  verified: boolean,
): QueueingStep {
  const kept = count.usable > 0 && state.off === 'flushed' ? { ...state, off: null } : state;
  const { retry, recovery } = kept;
  const still = (): QueueingStep => ({ state: kept, event: null });
  if (typeof retry !== 'number') return still();
  if (count.usable > 0) {
    if (recovery === null && !kept.exhausted) return still();
    return { state: { ...kept, recovery: null, exhausted: false }, event: 'ended' };
  }
  if (kept.exhausted) return still();
  if (recovery === null) {
    if (count.pending > 0) return still();
    return { state: { ...kept, recovery: { since: now, until: now + patienceMs(retry, intervalMs) } }, event: 'began' };
  }
  if (now < recovery.until || count.pending > 0 || !verified) return still();
  return { state: { ...kept, recovery: null, exhausted: true }, event: 'expired' };
}

/** Whether the kernel should queue; null: mpathd leaves the map's queueing as it is. */
export function wantsQueueing({ retry, exhausted, off }: QueueingState): boolean | null {
  if (off !== null) return false;
  switch (retry) {
    case null:
      return null;
    case 'fail':
      return false;
    case 'queue':
      return true;
    default:
      return !exhausted;
  }
}
