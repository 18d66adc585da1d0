import type { ClockPort } from '../kernel/ports';

/** Every asynchronous call of the simulator goes through a scheduler, with real or virtual time. */
export interface Scheduler {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls `callback` after `ms`. Calls that are due at the same time come in the order of the requests. */
  after(ms: number, callback: () => void): void;
}

export interface RealScheduler extends Scheduler {
  /** Ends the scheduler: no callback comes after this. */
  stop(): void;
}

/** Real time, for `--simulate`. */
export function createRealScheduler(): RealScheduler {
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  return {
    now: () => performance.now(),
    after: (ms, callback) => {
      if (stopped) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        callback();
      }, ms);
      timers.add(timer);
    },
    stop: () => {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** The daemon's one alarm on a scheduler: a later wakeAt replaces an earlier one. */
export function createClock(scheduler: Scheduler): ClockPort {
  let newest = 0;
  return {
    now: () => scheduler.now(),
    wakeAt: (at, callback) => {
      const mine = ++newest;
      scheduler.after(Math.max(0, at - scheduler.now()), () => {
        if (mine === newest) callback();
      });
    },
    stop: () => {
      newest++;
    },
  };
}
