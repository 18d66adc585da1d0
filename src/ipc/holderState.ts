/** Whether the process that holds a lock lives, or was killed and only waits for the kernel (a hung disk) to end. */
import { readFileSync } from 'node:fs';
import { errnoOf } from './listen';

/** `unknown`: /proc cannot be read. Then the holder counts as alive. */
export type HolderState = 'alive' | 'dying' | 'gone' | 'unknown';

/** Bit of SIGKILL in the masks of proc(5). */
const SIGKILL_MASK = 1n << 8n;
/** PF_EXITING, linux/sched.h: the thread is within do_exit(). */
const EXITING_FLAG = 0x4;
/** Fields of /proc/PID/stat after the name, which may contain anything: proc(5) has the state as field 3. */
const STATE_FIELD = 0;
const FLAGS_FIELD = 6;

/**
 * By the texts of /proc/PID/status and /proc/PID/stat. A process dies if SIGKILL is pending, if its first thread is
 * within exit, or if this thread has ended: the other threads, which share the lock, have got SIGKILL then as well. An
 * uninterruptible sleep (D) alone is no sign: a living daemon sleeps so, too.
 */
export function judgeHolder(status: string, stat: string): HolderState {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[STATE_FIELD];
  const flags = Number(fields[FLAGS_FIELD]);
  if (state === undefined || !Number.isInteger(flags)) return 'unknown';
  const ended = state === 'Z' || state === 'X';
  return ended || (flags & EXITING_FLAG) !== 0 || isKilled(status) ? 'dying' : 'alive';
}

function isKilled(status: string): boolean {
  const masks = [...status.matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]{1,16})$/gm)];
  return masks.some(([, mask]) => mask !== undefined && (BigInt(`0x${mask}`) & SIGKILL_MASK) !== 0n);
}

/** The state of a process of this machine. */
export function stateOfHolder(pid: number): HolderState {
  try {
    const [status, stat] = ['status', 'stat'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1'));
    return status === undefined || stat === undefined ? 'unknown' : judgeHolder(status, stat);
  } catch (error) {
    const errno = errnoOf(error);
    return errno === 'ENOENT' || errno === 'ESRCH' ? 'gone' : 'unknown';
  }
}
