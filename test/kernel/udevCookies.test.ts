import { createUdevCookies } from '../../src/kernel/udevCookies';
import type { Failure } from '../../src/model/failure';

const UUID = 'mpath-360000000000000001';

/** Semaphores as the addon's dmFinishCookie sees them. */
function fakeSemaphores() {
  const pending = new Set<number>();
  const answered = new Set<number>();
  const looks: Array<{ cookie: number; at: number; evenIfPending: boolean }> = [];
  const start = Date.now();
  return {
    pending,
    looks,
    add: (cookie: number) => pending.add(cookie),
    udevAnswers: (cookie: number) => answered.add(cookie),
    finish: (cookie: number, evenIfPending: boolean): boolean => {
      looks.push({ cookie, at: Date.now() - start, evenIfPending });
      if (answered.has(cookie) || evenIfPending) pending.delete(cookie);
      return !pending.has(cookie);
    },
  };
}

function setUp() {
  const semaphores = fakeSemaphores();
  const warnings: Failure[] = [];
  const cookies = createUdevCookies(semaphores.finish, (failure) => warnings.push(failure));
  const keep = (cookie: number) => {
    semaphores.add(cookie);
    cookies.keep(cookie, UUID);
  };
  return { semaphores, warnings, cookies, keep };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('udev cookies', () => {
  test('an answered cookie is destroyed at the next look, and not looked at again', () => {
    const { semaphores, keep, warnings } = setUp();
    keep(7);
    semaphores.udevAnswers(7);
    jest.advanceTimersByTime(49);
    expect(semaphores.looks).toEqual([]);
    jest.advanceTimersByTime(60_000);
    expect(semaphores.looks).toEqual([{ cookie: 7, at: 50, evenIfPending: false }]);
    expect(warnings).toEqual([]);
  });

  test('delays double up to a second', () => {
    const { semaphores, keep } = setUp();
    keep(7);
    jest.advanceTimersByTime(6000);
    expect(semaphores.looks.map((look) => look.at)).toEqual([50, 150, 350, 750, 1550, 2550, 3550, 4550, 5550]);
  });

  test('after 30 s a cookie is destroyed in any case, with a warning', () => {
    const { semaphores, keep, warnings } = setUp();
    keep(7);
    jest.advanceTimersByTime(29_999);
    expect(semaphores.pending.size).toBe(1);
    jest.advanceTimersByTime(1);
    expect(semaphores.pending.size).toBe(0);
    expect(semaphores.looks.at(-1)).toEqual({ cookie: 7, at: 30_000, evenIfPending: true });
    expect(warnings).toEqual([
      {
        code: 'TIMED_OUT',
        operation: 'udev cookie',
        device: UUID,
        errno: null,
        detail: expect.stringContaining('udevd'),
      },
    ]);
    jest.advanceTimersByTime(60_000);
    expect(semaphores.looks.at(-1)?.at).toBe(30_000);
  });

  test('a silent udev causes one warning, and another one after it has answered', () => {
    const { semaphores, keep, warnings } = setUp();
    [1, 2, 3].forEach(keep);
    jest.advanceTimersByTime(30_000);
    expect([semaphores.pending.size, warnings.length]).toEqual([0, 1]);
    keep(4);
    semaphores.udevAnswers(4);
    jest.advanceTimersByTime(50);
    keep(5);
    jest.advanceTimersByTime(30_000);
    expect(warnings.length).toBe(2);
  });

  test('each cookie is independent of the others', () => {
    const { semaphores, keep } = setUp();
    keep(1);
    jest.advanceTimersByTime(100);
    keep(2);
    semaphores.udevAnswers(1);
    jest.advanceTimersByTime(100);
    expect([...semaphores.pending]).toEqual([2]);
  });

  test('0 is no cookie', () => {
    const { semaphores, cookies } = setUp();
    cookies.keep(0, UUID);
    jest.advanceTimersByTime(60_000);
    expect(semaphores.looks).toEqual([]);
  });

  test('stop() leaves no semaphore, neither of pending cookies nor of later ones', () => {
    const { semaphores, cookies, keep, warnings } = setUp();
    [1, 2].forEach(keep);
    jest.advanceTimersByTime(200);
    cookies.stop();
    expect(semaphores.pending.size).toBe(0);
    keep(3);
    expect(semaphores.pending.size).toBe(0);
    const looks = semaphores.looks.length;
    jest.advanceTimersByTime(60_000);
    expect([semaphores.looks.length, warnings.length, jest.getTimerCount()]).toEqual([looks, 0, 0]);
  });
});
