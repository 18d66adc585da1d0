/** `no_path_retry`: what happens to I/O while no path is usable. Pure. */
import type { NoPathRetry, QueueingState } from '../model/map';

/** What is known of a map's paths. */
export interface PathCount {
  usable: number;
  /** Of which nobody can say yet whether they are usable. */
  pending: number;
}

/** What has happened to a map: its time of queueing has begun, run out, or ended with a usable path. */
export type QueueingEvent = 'began' | 'expired' | 'ended';

export interface QueueingStep {
  state: QueueingState;
  event: QueueingEvent | null;
}

/** The checks, and a second over them (multipathd's count of ticks). */
function patienceMs(checks: number, intervalMs: number): number {
  return checks * intervalMs + 1_000;
}

/** The configured value; a map that was in recovery by another number begins anew. */
export function withRetry(state: QueueingState, retry: NoPathRetry): QueueingState {
  return state.retry === retry ? state : { ...state, retry, recovery: null, exhausted: false };
}

/**
 * The next state at `now` (ms). `verified`: that no path is usable has been seen again just now:
 * on anything older I/O is not given up, as that loses writes.
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

/** Whether the kernel is to queue; null: that is left alone. */
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
