import fc from 'fast-check';
import { noQueueing, type NoPathRetry, type QueueingState } from '../../src/model/map';
import { nextQueueing, wantsQueueing, withRetry, type PathCount, type QueueingStep } from '../../src/policy/queueing';

const INTERVAL = 5_000;
const UP: PathCount = { usable: 2, pending: 0 };
const DOWN: PathCount = { usable: 0, pending: 0 };
const UNSURE: PathCount = { usable: 0, pending: 1 };

const of = (retry: NoPathRetry, more: Partial<QueueingState> = {}): QueueingState => ({
  ...noQueueing(),
  retry,
  ...more,
});
const next = (state: QueueingState, count: PathCount, now = 0, verified = true): QueueingStep =>
  nextQueueing(state, count, now, INTERVAL, verified);

test.each<[string, QueueingState, boolean | null]>([
  ['not set: left alone', of(null), null],
  ['fail', of('fail'), false],
  ['queue', of('queue'), true],
  ['a number of checks', of(3), true],
  ['while they run', of(3, { recovery: { since: 0, until: 16_000 } }), true],
  ['when they are over', of(3, { exhausted: true }), false],
  ['switched off by an administrator', of('queue', { off: 'asked' }), false],
  ['switched off, though not set', of(null, { off: 'asked' }), false],
  ['switched off with the last path', of('queue', { off: 'flushed' }), false],
])('%s', (_, state, queues) => {
  expect(wantsQueueing(state)).toBe(queues);
});

describe('a number of checks', () => {
  it('begins when no path is usable, and lasts for these checks and a second', () => {
    expect(next(of(3), DOWN, 100)).toEqual({
      state: of(3, { recovery: { since: 100, until: 16_100 } }),
      event: 'began',
    });
  });

  it('does not begin while a path may be usable', () => {
    expect(next(of(3), UNSURE)).toEqual({ state: of(3), event: null });
    expect(next(of(3), UP)).toEqual({ state: of(3), event: null });
  });

  it('runs out at its time, not before', () => {
    const running = of(3, { recovery: { since: 0, until: 16_000 } });
    expect(next(running, DOWN, 15_999)).toEqual({ state: running, event: null });
    expect(next(running, DOWN, 16_000)).toEqual({ state: of(3, { exhausted: true }), event: 'expired' });
  });

  it('does not run out on an old reading, nor while a path may be usable', () => {
    const running = of(3, { recovery: { since: 0, until: 16_000 } });
    expect(next(running, DOWN, 60_000, false)).toEqual({ state: running, event: null });
    expect(next(running, UNSURE, 60_000)).toEqual({ state: running, event: null });
  });

  it('ends with a usable path, also after it ran out', () => {
    expect(next(of(3, { recovery: { since: 0, until: 16_000 } }), UP, 20_000)).toEqual({
      state: of(3),
      event: 'ended',
    });
    expect(next(of(3, { exhausted: true }), UP)).toEqual({ state: of(3), event: 'ended' });
  });

  it('stays over while no path is usable', () => {
    expect(next(of(3, { exhausted: true }), DOWN, 99_000)).toEqual({ state: of(3, { exhausted: true }), event: null });
  });

  it('begins anew with another number', () => {
    expect(withRetry(of(3, { exhausted: true }), 5)).toEqual(of(5));
    const same = of(3, { exhausted: true });
    expect(withRetry(same, 3)).toBe(same);
  });
});

test('queueing that went off with the last path is on again with a usable path; queueing that an administrator switched off is not', () => {
  expect(next(of('queue', { off: 'flushed' }), DOWN).state.off).toBe('flushed');
  expect(next(of('queue', { off: 'flushed' }), UP).state.off).toBeNull();
  expect(next(of('queue', { off: 'asked' }), UP).state.off).toBe('asked');
});

test('I/O never fails while a path is or may be usable, nor before its time', () => {
  const counts = fc.constantFrom(UP, DOWN, UNSURE);
  const happenings = fc.array(fc.record({ count: counts, wait: fc.nat(10_000), verified: fc.boolean() }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(happenings, fc.integer({ min: 1, max: 4 }), (list, checks) => {
      let state = of(checks);
      let now = 0;
      let downSince: number | null = null;
      for (const { count, wait, verified } of list) {
        now += wait;
        const step = next(state, count, now, verified);
        state = step.state;
        if (count.usable > 0) downSince = null;
        else if (count === DOWN) downSince ??= now;
        if (step.event === 'expired') {
          expect(count).toBe(DOWN);
          expect(verified).toBe(true);
          expect(now - (downSince ?? now)).toBeGreaterThanOrEqual(checks * INTERVAL);
        }
        if (count.usable > 0) expect(wantsQueueing(state)).toBe(true);
      }
    }),
  );
});
