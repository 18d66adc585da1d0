import { popDeadline, pushDeadline, type Deadline } from '../../src/model/deadlineHeap';
import type { Scheduler } from '../../src/simulator/scheduler';

/** Virtual time. It moves only on demand, from one due callback to the next. */
export interface VirtualScheduler extends Scheduler {
  /**
   * Runs the next callback that is due by `until` and returns true. If there is none, it moves to `until` and returns
   * false.
   */
  step(until: number): boolean;
  /**
   * Lets `ms` pass. Between callbacks the promises that they settled get their turn, so that the tested code goes on at
   * the right virtual time.
   */
  run(ms: number): Promise<void>;
  /** The number of waiting callbacks. */
  pending(): number;
}

interface Timer extends Deadline {
  callback: () => void;
}

/** Node runs nextTick only when no promise is left to go on. A turn of the event loop would cost a system call. */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Virtual time begins at 0 ms. */
export function createVirtualScheduler(): VirtualScheduler {
  const heap: Timer[] = [];
  let time = 0;
  let order = 0;
  const step = (until: number): boolean => {
    const next = heap[0];
    if (next === undefined || next.at > until) {
      time = Math.max(time, until);
      return false;
    }
    popDeadline(heap);
    time = Math.max(time, next.at);
    next.callback();
    return true;
  };
  return {
    now: () => time,
    after: (ms, callback) => pushDeadline(heap, { at: time + Math.max(0, ms), order: order++, callback }),
    step,
    run: async (ms) => {
      const until = time + ms;
      await settled();
      while (step(until)) await settled();
    },
    pending: () => heap.length,
  };
}
