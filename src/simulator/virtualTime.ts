import type { Scheduler } from './scheduler';

/** Virtual time: moves only when told to, from one due callback to the next. */
export interface VirtualScheduler extends Scheduler {
  /** Runs the next callback that is due by `until` and returns true; else moves to `until` and returns false. */
  step(until: number): boolean;
  /**
   * Lets `ms` pass. Between callbacks the promises that they settled get their turn, so that
   * code under test goes on at the right virtual time.
   */
  run(ms: number): Promise<void>;
  /** Callbacks that wait. */
  pending(): number;
}

interface Timer {
  at: number;
  order: number;
  callback: () => void;
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Timer[], timer: Timer): void {
  let i = heap.length;
  heap.push(timer);
  while (i > 0) {
    const up = (i - 1) >> 1;
    const parent = heap[up] as Timer;
    if (!before(timer, parent)) break;
    heap[i] = parent;
    i = up;
  }
  heap[i] = timer;
}

function pop(heap: Timer[]): Timer {
  const first = heap[0] as Timer;
  const last = heap.pop() as Timer;
  const size = heap.length;
  if (size === 0) return first;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && before(heap[child + 1] as Timer, heap[child] as Timer)) child++;
    if (!before(heap[child] as Timer, last)) break;
    heap[i] = heap[child] as Timer;
    i = child;
  }
  heap[i] = last;
  return first;
}

/** Node runs what is next only when no promise is left to go on; a turn of the event loop would cost a system call. */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Begins at 0 ms. */
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
    pop(heap);
    time = Math.max(time, next.at);
    next.callback();
    return true;
  };
  return {
    now: () => time,
    after: (ms, callback) => push(heap, { at: time + Math.max(0, ms), order: order++, callback }),
    step,
    run: async (ms) => {
      const until = time + ms;
      await settled();
      while (step(until)) await settled();
    },
    pending: () => heap.length,
  };
}
