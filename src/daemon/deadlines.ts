/**
 * A bound on the time that the daemon waits for an answer. While a call does not come back, the same question is not
 * sent again. So a hung device takes one thread and not many.
 */
import type { Failure, Reading } from '../model/failure';
import type { UnansweredCall } from '../model/unanswered';
import { createTimers, type Timers } from '../engine/core/timers';

export interface Deadlines {
  /** The answer, or TIMED_OUT after `ms`. TIMED_OUT at once if an earlier call for `key` has not come back. */
  within<T>(
    key: string,
    operation: string,
    device: string,
    ms: number,
    call: () => Promise<Reading<T>>,
  ): Promise<Reading<T>>;
  /** Ends the waits that are due. The caller calls it at the time {@link next}. */
  expire(now: number): void;
  next(): number | null;
  /** All calls that have not come back, also those whose wait is over. */
  unanswered(): UnansweredCall[];
}

interface Call {
  operation: string;
  device: string;
  since: number;
}

export function createDeadlines(now: () => number): Deadlines {
  const timers: Timers = createTimers();
  const expiries = new Map<string, () => void>();
  const out = new Map<string, Call>();
  let count = 0;

  return {
    within: (key, operation, device, ms, call) => {
      const earlier = out.get(key);
      if (earlier !== undefined) {
        const detail = `an earlier call has not come back for ${Math.round(now() - earlier.since)} ms`;
        return Promise.resolve({ ok: false, failure: timedOut(operation, device, detail) });
      }
      out.set(key, { operation, device, since: now() });
      const wait = `${++count}`;
      return new Promise((resolve) => {
        const end = (): void => {
          timers.clear(wait);
          expiries.delete(wait);
        };
        timers.set(wait, now() + ms);
        expiries.set(wait, () => {
          end();
          resolve({ ok: false, failure: timedOut(operation, device, `no answer for ${ms} ms`) });
        });
        const answered = (reading: Awaited<ReturnType<typeof call>>): void => {
          out.delete(key);
          end();
          resolve(reading);
        };
        call().then(answered, (error: unknown) =>
          answered({ ok: false, failure: { code: 'REFUSED', operation, device, errno: null, detail: String(error) } }),
        );
      });
    },
    expire: (at) => {
      for (let wait = timers.takeDue(at); wait !== null; wait = timers.takeDue(at)) expiries.get(wait)?.();
    },
    next: () => timers.next(),
    unanswered: () =>
      Array.from(out.values(), ({ operation, device, since }) => ({ operation, device, ageMs: now() - since })),
  };
}

function timedOut(operation: string, device: string, detail: string): Failure {
  return { code: 'TIMED_OUT', operation, device, errno: null, detail };
}
