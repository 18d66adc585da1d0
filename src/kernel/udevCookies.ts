/** Watches udev cookies. Each is a SysV semaphore, which must be destroyed when udev is done. */
import type { Failure } from '../model/failure';
import type { Addon } from './native';

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 1000;
/** udevd's own limit for an event is 180 s, but nothing here waits for the cookie. */
const GIVE_UP_MS = 30_000;

export interface UdevCookies {
  /** Takes over a cookie; 0 is no cookie. `device` is for the warning. */
  keep(cookie: number, device: string): void;
  /** Destroys all pending cookies, and from now on each cookie that comes. */
  stop(): void;
}

/**
 * Polls each cookie with growing delays and destroys it when udev is done with it, or after 30 s. If udev does not
 * answer, this warns once, and again only after udev has answered in between.
 */
export function createUdevCookies(finish: Addon['dmFinishCookie'], warn: (failure: Failure) => void): UdevCookies {
  const pending = new Map<number, NodeJS.Timeout>();
  let stopped = false;
  let silent = false;

  function look(cookie: number, device: string, delayMs: number, waitedMs: number): void {
    pending.delete(cookie);
    if (finish(cookie, false)) {
      silent = false;
    } else if (waitedMs < GIVE_UP_MS) {
      const delay = Math.min(delayMs * 2, LONGEST_DELAY_MS, GIVE_UP_MS - waitedMs);
      lookAfter(cookie, device, delay, waitedMs);
    } else {
      giveUp(cookie, device);
    }
  }

  function lookAfter(cookie: number, device: string, delayMs: number, waitedMs: number): void {
    const timer = setTimeout(() => look(cookie, device, delayMs, waitedMs + delayMs), delayMs);
    // The timer must not keep a process alive that has no other work.
    timer.unref();
    pending.set(cookie, timer);
  }

  function giveUp(cookie: number, device: string): void {
    finish(cookie, true);
    if (silent) return;
    silent = true;
    const detail = `udevd did not finish within ${GIVE_UP_MS / 1000} s; mpathd does not wait any longer`;
    warn({ code: 'TIMED_OUT', operation: 'udev cookie', device, errno: null, detail });
  }

  return {
    keep(cookie, device) {
      if (cookie === 0) return;
      if (stopped) finish(cookie, true);
      else lookAfter(cookie, device, FIRST_DELAY_MS, 0);
    },
    stop() {
      stopped = true;
      for (const [cookie, timer] of pending) {
        clearTimeout(timer);
        finish(cookie, true);
      }
      pending.clear();
    },
  };
}
