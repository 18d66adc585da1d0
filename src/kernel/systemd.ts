/** The messages of the service to systemd: sd_notify(3), sd_watchdog_enabled(3). */
import type { Failure } from '../model/failure';
import type { Addon } from './native';

/** Each call returns null, or the failure to reach systemd. Without systemd a call does nothing and returns null. */
export interface SystemdNotifier {
  ready(status: string): Failure | null;
  status(text: string): Failure | null;
  /** The start takes longer: systemd waits for at least `ms` from now on. */
  starting(status: string, ms: number): Failure | null;
  stopping(): Failure | null;
  watchdog(): Failure | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A timer cannot keep a longer interval. No useful interval is as long as this. */
const LONGEST_WATCHDOG_US = 2 ** 31 * 1000;

/**
 * The interval in ms within which systemd expects a message from this process, or null if it does not watch the
 * process. `pid` is that of this process: WATCHDOG_PID may name another one (a parent that passed its environment on).
 */
export function watchdogMs(environment: Environment, pid: number): number | null {
  const text = environment['WATCHDOG_USEC'];
  if (text === undefined || !/^\d{1,16}$/.test(text)) return null;
  const watched = environment['WATCHDOG_PID'];
  if (watched !== undefined && watched !== '' && watched !== String(pid)) return null;
  const us = Number(text);
  return us > 0 && us < LONGEST_WATCHDOG_US ? us / 1000 : null;
}

/** Makes one line of the text: after a newline another assignment would begin. */
function line(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

/** Sends messages to `$NOTIFY_SOCKET`; sends none if the variable is not set. */
export function createNotifier(addon: Pick<Addon, 'sdNotify'>, environment: Environment): SystemdNotifier {
  const address = environment['NOTIFY_SOCKET'];

  function notify(...assignments: string[]): Failure | null {
    if (address === undefined || address === '') return null;
    const errno = addon.sdNotify(address, assignments.join('\n'));
    return errno === null ? null : { code: 'KERNEL_ERROR', operation: 'sd_notify', device: address, errno };
  }

  return {
    ready: (status) => notify('READY=1', `STATUS=${line(status)}`),
    status: (text) => notify(`STATUS=${line(text)}`),
    starting: (status, ms) => notify(`EXTEND_TIMEOUT_USEC=${Math.round(ms * 1000)}`, `STATUS=${line(status)}`),
    stopping: () => notify('STOPPING=1'),
    watchdog: () => notify('WATCHDOG=1'),
  };
}
