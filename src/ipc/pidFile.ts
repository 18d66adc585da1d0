/** The lock by which multipath daemons exclude each other: an fcntl lock on a pid file. */
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { errnoOf, otherDaemon } from './listen';
import type { HolderState } from './holderState';
import { MpathdError } from '../model/failure';

/** multipathd's own file: the two daemons must never run side by side. */
export const PID_FILE = '/run/multipathd.pid';

/** Pause between two looks at a lock whose holder is dying, ms. */
const PAUSE_MS = 250;
/** If the holder cannot be found, this many looks tell a holder that has just ended from a hidden one. */
const LOOKS_AT_NOBODY = 4;

/** The lock, held until it is released or the process ends. */
export interface PidFile {
  /** The descriptor that holds the lock. */
  readonly fd: number;
  release(): void;
}

export interface PidFilePorts {
  /** The addon's tryFileLock(). */
  tryLock(fd: number): string | null;
  stateOf(pid: number): HolderState;
  /** Called before each pause, while a killed daemon holds the lock. `waitedMs`: since the first look. */
  onWait(pid: number, waitedMs: number): void;
  pause(ms: number): Promise<void>;
}

function holderOf(file: string): number | null {
  try {
    const pid = readFileSync(file, 'latin1').trim();
    return /^[1-9]\d{0,9}$/.test(pid) ? Number(pid) : null;
  } catch {
    return null;
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
 * Locks the pid file and writes our pid. Throws an {@link MpathdError} if another daemon holds the lock. If the holder
 * was killed and has not ended yet, because the kernel waits for a disk, this waits until it has. An fcntl lock ends
 * when this process closes any descriptor of the file, so nothing else here may open the file afterwards.
 */
export async function claimPidFile(file: string, pid: number, ports: PidFilePorts): Promise<PidFile> {
  const fd = open(file);
  try {
    await lock(fd, file, ports);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  ftruncateSync(fd);
  writeSync(fd, `${pid}\n`);
  return { fd, release: () => closeSync(fd) };
}

async function lock(fd: number, file: string, ports: PidFilePorts): Promise<void> {
  let nobody = 0;
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    const errno = ports.tryLock(fd);
    if (errno === null) return;
    if (errno !== 'EAGAIN' && errno !== 'EACCES') throw fileError(file, 'lock', errno);
    const holder = holderOf(file);
    const state = holder === null ? 'unknown' : ports.stateOf(holder);
    if (state === 'gone') nobody += 1;
    const waits = state === 'dying' || (state === 'gone' && nobody < LOOKS_AT_NOBODY);
    if (holder === null || !waits)
      throw otherDaemon(file, `${holder === null ? 'a process' : `pid ${holder}`} holds its lock`);
    if (state === 'dying') ports.onWait(holder, waitedMs);
    await ports.pause(PAUSE_MS);
  }
}
