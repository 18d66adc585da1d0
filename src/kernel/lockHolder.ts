/** Which process holds a lock on a file. */
import { promises as fs } from 'node:fs';
import { readBounded } from './boundedFile';
import type { FileIdentity } from './files';

/** A host with many databases has some thousand locks. */
const LOCKS_LIMIT = 4 * 1024 * 1024;

/** A line of /proc/locks (proc(5)): `1: POSIX  ADVISORY  WRITE 3568 fd:00:2531452 0 EOF`. */
const LOCK = /^\d+: POSIX +ADVISORY +(?:WRITE|READ) +(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /;

/** The pid in the line of a lock on this inode; null: no process of this pid namespace holds one. */
export function holderIn(locks: string, inode: bigint): number | null {
  for (const line of locks.split('\n')) {
    const [, pid, ino] = LOCK.exec(line) ?? [];
    // The device of a line is not that of stat() on some file systems (btrfs), so the inode decides.
    if (pid !== undefined && ino === String(inode) && pid !== '0') return Number(pid);
  }
  return null;
}

/** `pid 3568 (multipath)`, or `another process` if it cannot be found out. For messages only. */
export async function lockHolder({ ino }: Pick<FileIdentity, 'ino'>): Promise<string> {
  const locks = await readBounded('/proc/locks', LOCKS_LIMIT);
  const pid = locks.ok ? holderIn(locks.value, ino) : null;
  if (pid === null) return 'another process';
  const name = await fs.readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name === '' ? `pid ${pid}` : `pid ${pid} (${name.trim()})`;
}
