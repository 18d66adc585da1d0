/** The monotonic clock and its one timer. */
import type { ClockPort } from './ports';

/** setTimeout treats a longer time as 1 ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** CLOCK_MONOTONIC in whole milliseconds. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

export function createClock(now: () => number = monotonicMs): ClockPort {
  let timer: NodeJS.Timeout | null = null;

  function stop(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  }

  function wakeAt(at: number, callback: () => void): void {
    stop();
    const pause = Math.min(Math.max(0, Math.ceil(at - now())), LONGEST_TIMER);
    timer = setTimeout(() => {
      timer = null;
      // Timers follow libuv's cached time and may be a millisecond early.
      if (now() >= at) callback();
      else wakeAt(at, callback);
    }, pause);
  }

  return { now, wakeAt, stop };
}
