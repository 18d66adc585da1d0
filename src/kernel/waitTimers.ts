/**
 * How long a disk waits for another path of its LUN (multipath.conf(5): find_multipaths_timeout). Each disk has a file,
 * whose time of change is the end of the wait. multipath-tools keeps the same files.
 */
import { constants, promises as fs } from 'node:fs';
import { join } from 'node:path';
import type { Reading } from '../model/failure';
import type { DevT, DiskSeq } from '../model/identity';
import { errnoOf } from './errors';
import { failed, read } from './nativeFailure';

/** The directory of the files. */
const WAIT_TIMERS = '/run/multipath/find_multipaths';

/** `waiting`: the wait has `remainingUs` left. `none`: no program has begun a wait. */
export type Wait = { state: 'none' } | { state: 'waiting'; remainingUs: number } | { state: 'over' };

export interface WaitTimers {
  look(disk: TimedDisk): Promise<Reading<Wait>>;
  /** Begins a wait of `seconds`, unless a wait for the disk has begun before. */
  begin(disk: TimedDisk, seconds: number): Promise<Reading<Wait>>;
}

export interface TimedDisk {
  devt: DevT;
  diskseq: DiskSeq;
}

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** A disk sequence number has 20 digits at most. */
const LONGEST = 32;
/** Times of files are rounded, ms. */
const ROUNDING_MS = 100;

/** The end of a wait, and the disk sequence number of its disk; empty: other programs do not write it. */
interface Timer {
  endMs: number;
  diskseq: string;
}

async function timerAt(path: string): Promise<Timer | null> {
  let file: fs.FileHandle;
  try {
    file = await fs.open(path, FLAGS);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const { mtimeMs } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST), 0, LONGEST, 0);
    return { endMs: mtimeMs, diskseq: buffer.toString('latin1', 0, bytesRead).trim() };
  } finally {
    await file.close();
  }
}

/** Timers in a directory. `nowMs`: the clock of file times, ms. */
export function createWaitTimers(
  directory = WAIT_TIMERS,
  nowMs: () => number = Date.now,
  pid = process.pid,
): WaitTimers {
  /** The device number now belongs to another disk: the wait of the old disk is no wait of this one. */
  const isOthers = (timer: Timer, { diskseq }: TimedDisk): boolean =>
    timer.diskseq !== '' && diskseq !== null && timer.diskseq !== String(diskseq);

  const stateOf = (timer: Timer, longestMs: number): Wait => {
    const left = timer.endMs - nowMs();
    // If more time is left than the whole wait had, somebody set the clock back. The wait must not last until the clock
    // is there again.
    return left <= 0 || left > longestMs + ROUNDING_MS
      ? { state: 'over' }
      : { state: 'waiting', remainingUs: Math.ceil(left * 1000) };
  };

  /** The file is linked into its place after its time is set, so that no program finds it with another time. */
  async function make(path: string, disk: TimedDisk, seconds: number): Promise<void> {
    await fs.mkdir(directory, { recursive: true, mode: 0o700 });
    const temporary = `${path}.${pid.toString(16)}`;
    const endS = nowMs() / 1000 + seconds;
    await fs.writeFile(temporary, disk.diskseq === null ? '' : String(disk.diskseq), { mode: 0o600 });
    try {
      await fs.utimes(temporary, endS, endS);
      await fs.link(temporary, path);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    } finally {
      await fs.unlink(temporary).catch(() => undefined);
    }
  }

  const outcome = async (devt: DevT, work: (path: string) => Promise<Wait>): Promise<Reading<Wait>> => {
    const path = join(directory, devt);
    try {
      return read(await work(path));
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === null) throw error;
      return failed({ code: 'KERNEL_ERROR', operation: 'wait timer', device: path, errno });
    }
  };

  return {
    look: (disk) =>
      outcome(disk.devt, async (path) => {
        const timer = await timerAt(path);
        return timer === null || isOthers(timer, disk) ? { state: 'none' } : stateOf(timer, Infinity);
      }),
    begin: (disk, seconds) =>
      outcome(disk.devt, async (path) => {
        const found = await timerAt(path);
        if (found !== null && !isOthers(found, disk)) return stateOf(found, seconds * 1000);
        if (found !== null) await fs.unlink(path);
        await make(path, disk, seconds);
        const made = await timerAt(path);
        return made === null ? { state: 'over' } : stateOf(made, seconds * 1000);
      }),
  };
}
