import { createFileDeadlines, type FileWork } from '../../src/kernel/fileDeadlines';
import type { Reading } from '../../src/model/failure';

let now = 0;
beforeEach(() => {
  now = 0;
  jest.useFakeTimers();
});
afterEach(() => jest.useRealTimers());

const WORK: FileWork = { operation: 'read', file: () => '/etc/file', ms: 100 };
const ANSWER: Reading<number> = { ok: true, value: 7 };

/** Work that ends when it is told to. */
function slow(): { run: () => Promise<Reading<number>>; end(): void; runs(): number } {
  const ends: Array<() => void> = [];
  return {
    run: () => new Promise((resolve) => ends.push(() => resolve(ANSWER))),
    end: () => ends.splice(0).forEach((end) => end()),
    runs: () => ends.length,
  };
}

test('an answer in time is handed over', async () => {
  const deadlines = createFileDeadlines(() => now);
  expect(await deadlines.within('k', WORK, () => Promise.resolve(ANSWER))).toEqual(ANSWER);
  expect(deadlines.unanswered()).toEqual([]);
  expect(jest.getTimerCount()).toBe(0);
});

test('work that is late is TIMED_OUT, goes on, and keeps the next from being begun until it has ended', async () => {
  const deadlines = createFileDeadlines(() => now);
  const work = slow();
  const first = deadlines.within('k', WORK, work.run);
  const second = deadlines.within('k', WORK, work.run);
  expect(work.runs()).toBe(2);
  now = 100;
  jest.advanceTimersByTime(100);
  const failure = { code: 'TIMED_OUT', operation: 'read', device: '/etc/file', errno: null };
  expect(await first).toEqual({ ok: false, failure: { ...failure, detail: 'no answer for 100 ms' } });
  expect(await second).toMatchObject({ failure });
  now = 250;
  expect(await deadlines.within('k', WORK, work.run)).toEqual({
    ok: false,
    failure: { ...failure, detail: 'an earlier call has not come back for 250 ms' },
  });
  expect(work.runs()).toBe(2);
  expect(deadlines.unanswered()).toEqual(
    Array.from({ length: 2 }, () => ({ operation: 'read', device: '/etc/file', ageMs: 250 })),
  );
  expect(await deadlines.within('other', WORK, () => Promise.resolve(ANSWER))).toEqual(ANSWER);

  work.end();
  await jest.advanceTimersByTimeAsync(0);
  expect(deadlines.unanswered()).toEqual([]);
  expect(await deadlines.within('k', WORK, () => Promise.resolve(ANSWER))).toEqual(ANSWER);
});

test('an exception is no answer of a file, and goes to the caller', async () => {
  const deadlines = createFileDeadlines(() => now);
  await expect(deadlines.within('k', WORK, () => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
  expect(deadlines.unanswered()).toEqual([]);
});
