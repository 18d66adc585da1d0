import { createClock, monotonicMs } from '../../src/kernel/clock';

describe('createClock', () => {
  let now = 0;
  const clock = createClock(() => now);
  const pass = (ms: number): void => {
    now += ms;
    jest.advanceTimersByTime(ms);
  };
  beforeEach(() => {
    now = 1000;
    jest.useFakeTimers();
  });
  afterEach(() => {
    clock.stop();
    jest.useRealTimers();
  });

  test('wakes at the time, not before', () => {
    const wake = jest.fn();
    clock.wakeAt(1500, wake);
    pass(499);
    expect(wake).not.toHaveBeenCalled();
    pass(1);
    expect(wake).toHaveBeenCalledTimes(1);
    pass(5000);
    expect(wake).toHaveBeenCalledTimes(1);
  });

  test('a time in the past wakes at once, but not within the call', () => {
    const wake = jest.fn();
    clock.wakeAt(10, wake);
    expect(wake).not.toHaveBeenCalled();
    pass(1);
    expect(wake).toHaveBeenCalledTimes(1);
  });

  test('a later call replaces an earlier one', () => {
    const first = jest.fn();
    const second = jest.fn();
    clock.wakeAt(1100, first);
    clock.wakeAt(1200, second);
    pass(300);
    expect(first).not.toHaveBeenCalled();
    expect(second).toHaveBeenCalledTimes(1);
  });

  test('a timer that fires early is set again', () => {
    const wake = jest.fn();
    clock.wakeAt(1100, wake);
    now += 98;
    jest.advanceTimersByTime(100);
    expect(wake).not.toHaveBeenCalled();
    pass(2);
    expect(wake).toHaveBeenCalledTimes(1);
  });

  test('a time beyond the longest timer is reached by several timers', () => {
    const wake = jest.fn();
    clock.wakeAt(now + 2 ** 32, wake);
    pass(2 ** 31);
    expect(wake).not.toHaveBeenCalled();
    pass(2 ** 31);
    expect(wake).toHaveBeenCalledTimes(1);
  });

  test('stop() cancels', () => {
    const wake = jest.fn();
    clock.wakeAt(1100, wake);
    clock.stop();
    pass(1000);
    expect(wake).not.toHaveBeenCalled();
  });

  test('a callback can set the next wake', () => {
    const times: number[] = [];
    const tick = (): void => {
      times.push(now);
      if (times.length < 3) clock.wakeAt(now + 10, tick);
    };
    clock.wakeAt(1010, tick);
    for (let i = 0; i < 100; i++) pass(1);
    expect(times).toEqual([1010, 1020, 1030]);
  });
});

test('monotonicMs never goes back and is whole', () => {
  let before = monotonicMs();
  for (let i = 0; i < 1000; i++) {
    const after = monotonicMs();
    expect(after).toBeGreaterThanOrEqual(before);
    expect(Number.isInteger(after)).toBe(true);
    before = after;
  }
});
