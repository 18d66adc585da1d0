/** The pid file's lock at the start, and what is said while a killed daemon still holds it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DaemonLog } from '../../daemon/logger';
import { stateOfHolder } from '../../ipc/holderState';
import { claimPidFile, PID_FILE, type PidFile } from '../../ipc/pidFile';
import type { Addon } from '../../kernel/native';
import { createNotifier } from '../../kernel/systemd';

/** Interval of the messages to systemd, and the time that each of them asks for, ms. */
const NOTIFY_MS = 5_000;
const EXTENSION_MS = 30_000;
/** Interval of the log lines, ms. */
const LOG_MS = 60_000;

/** Waits as long as a killed daemon holds the lock; throws an MpathdError if a living one does. */
export function lockPidFile(addon: Addon, log: DaemonLog): Promise<PidFile> {
  const notifier = createNotifier(addon, process.env);
  return claimPidFile(PID_FILE, process.pid, {
    tryLock: addon.tryFileLock,
    stateOf: stateOfHolder,
    pause: (ms) => pause(ms),
    onWait: (pid, waitedMs) => {
      const what = `the killed daemon with pid ${pid} has not ended: the kernel waits for a device`;
      if (waitedMs % NOTIFY_MS === 0) notifier.starting(`waiting: ${what}`, EXTENSION_MS);
      if (waitedMs % LOG_MS === 0)
        log.log('warning', `${what}; mpathd starts when it has ended (${waitedMs / 1000} s so far)`, null);
    },
  });
}
