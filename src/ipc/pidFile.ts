/** The lock by which multipath daemons exclude each other: an fcntl lock on a pid file. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { errnoOf, otherDaemon } from './listen';
import { MpathdError } from '../model/failure';

/** multipathd's own file: the two daemons must never run side by side. */
export const PID_FILE = '/run/multipathd.pid';

/** The lock, held until it is released or the process ends. */
export interface PidFile {
  /** The descriptor that holds the lock. */
  readonly fd: number;
  release(): void;
}

function holder(file: string): string {
  try {
    const pid = readFileSync(file, 'latin1').trim();
    return /^\d{1,10}$/.test(pid) ? `pid ${pid}` : 'a process';
  } catch {
    return 'a process';
  }
}

function fileError(file: string, operation: string, errno: string): MpathdError {
  return new MpathdError({ code: 'KERNEL_ERROR', operation, device: file, errno });
}

function open(file: string): number {
  try {
    // The file is not truncated: the pid in it may be of another daemon.
    return openSync(file, 'a+', 0o644);
  } catch (error) {
    throw fileError(file, 'open', errnoOf(error));
  }
}

/**
 * Locks the pid file and writes our pid. Throws an {@link MpathdError} if another daemon holds the lock. `tryLock`: the
 * addon's tryFileLock(). An fcntl lock ends when this process closes any descriptor of the file, so nothing else here
 * may open the file.
 */
export function claimPidFile(file: string, pid: number, tryLock: (fd: number) => string | null): PidFile {
  const fd = open(file);
  const errno = tryLock(fd);
  if (errno !== null) {
    // The holder's pid is read before our descriptor is closed. The close cannot end the lock, which is not ours.
    const who = holder(file);
    closeSync(fd);
    if (errno === 'EAGAIN' || errno === 'EACCES') throw otherDaemon(file, `${who} holds its lock`);
    throw fileError(file, 'lock', errno);
  }
  ftruncateSync(fd);
  writeSync(fd, `${pid}\n`);
  return { fd, release: () => closeSync(fd) };
}
