/** How many files this process may have open. */
import { readFileSync } from 'node:fs';

const FILE = '/proc/self/limits';

/** The limit if it cannot be read: the kernel's default (INR_OPEN_CUR). */
const USUAL = 1024;

/** RLIMIT_NOFILE. Node raises the soft limit to the hard one when it starts. */
export function openFileLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync(FILE, 'latin1'))?.[1];
    if (soft === undefined) return USUAL;
    return soft === 'unlimited' ? Infinity : Number(soft);
  } catch {
    return USUAL;
  }
}
