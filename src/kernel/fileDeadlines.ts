/**
 * A bound on the time that the daemon waits for a file. The work itself is never cut short: it goes on until the file
 * system answers, keeps its lock, and ends in its own order. So an answer that comes late cannot undo a later change.
 */
import type { Failure, Reading } from '../model/failure';
import type { UnansweredCall } from '../model/unanswered';
import { monotonicMs } from './clock';
import { failed } from './nativeFailure';

/** How long the daemon waits for a file, ms. No disk that works needs so long for a few KiB. */
export const FILE_MS = 10_000;

export interface FileWork {
  operation: string;
  /** The file; asked when the time is over, for work that goes through several files. */
  file(): string;
  ms: number;
}

export interface FileDeadlines {
  /**
   * The answer, or TIMED_OUT after `ms`. While work with this key is late, further work with the key is not begun: it
   * is TIMED_OUT at once. So a file system that does not answer takes few threads.
   */
  within<T>(key: string, work: FileWork, run: () => Promise<Reading<T>>): Promise<Reading<T>>;
  /** All work under way. */
  unanswered(): UnansweredCall[];
}

interface Running extends FileWork {
  key: string;
  since: number;
  late: boolean;
}

function timedOut({ operation, file }: FileWork, detail: string): Failure {
  return { code: 'TIMED_OUT', operation, device: file(), errno: null, detail };
}

/** `now`: ms, monotonic. */
export function createFileDeadlines(now: () => number = monotonicMs): FileDeadlines {
  const running = new Set<Running>();
  return {
    within: (key, work, run) => {
      const earlier = [...running].find((other) => other.late && other.key === key);
      if (earlier !== undefined) {
        const detail = `an earlier call has not come back for ${Math.round(now() - earlier.since)} ms`;
        return Promise.resolve(failed(timedOut({ ...work, file: earlier.file }, detail)));
      }
      const mine: Running = { ...work, key, since: now(), late: false };
      running.add(mine);
      return new Promise((resolve, reject) => {
        const end = setTimeout(() => {
          mine.late = true;
          resolve(failed(timedOut(work, `no answer for ${work.ms} ms`)));
        }, work.ms);
        const done = (): void => {
          clearTimeout(end);
          running.delete(mine);
        };
        run().then(
          (reading) => {
            done();
            resolve(reading);
          },
          (error: unknown) => {
            done();
            reject(error instanceof Error ? error : new Error(String(error)));
          },
        );
      });
    },
    unanswered: () =>
      Array.from(running, ({ operation, file, since }) => ({ operation, device: file(), ageMs: now() - since })),
  };
}

/** For programs that end after one answer, and for tests: waits as long as the file system does. */
export const NO_DEADLINES: FileDeadlines = { within: (_key, _work, run) => run(), unanswered: () => [] };
