/** Who besides root could change a file that the daemon goes by: its owner, its mode, and the links that lead to it. */
import { dirname } from 'node:path';
import { errnoOf } from './errors';
import type { Files, FileStatus } from './files';

/** As many links as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Where symbolic links lead. The file need not be there. */
export type Resolved = { ok: true; path: string } | { ok: false; errno: string } | { ok: false; planted: string };

/** Root, or the user as whom this process runs (in tests, another one). */
function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

/**
 * True if somebody else could have made this link: root would create or write the file to which it leads. In a folder
 * with the sticky bit, only the link's owner could.
 */
function isPlanted(link: FileStatus, folder: FileStatus): boolean {
  if (!isTrusted(folder.uid)) return true;
  if ((folder.mode & WRITABLE_BY_OTHERS) === 0) return false;
  return (folder.mode & STICKY) === 0 || !isTrusted(link.uid);
}

/**
 * The path to which symbolic links at the end of `given` lead, whether there is a file or not: an administrator may
 * keep it elsewhere. `planted`: a link that others could have made.
 */
export async function resolveLinks(given: string, fs: Files): Promise<Resolved> {
  let path = given;
  try {
    for (let links = 0; links <= MOST_LINKS; links++) {
      const stats = await fs.lstat(path);
      if (!stats.isSymbolicLink()) return { ok: true, path };
      if (isPlanted(stats, await fs.stat(dirname(path)))) return { ok: false, planted: path };
      const target = await fs.readlink(path);
      path = target.startsWith('/') ? target : `${await fs.realpath(dirname(path))}/${target}`;
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return errno === 'ENOENT' ? { ok: true, path } : { ok: false, errno };
  }
  return { ok: false, errno: 'ELOOP' };
}

/**
 * What an administrator should do about a file that others than root can change; null: nothing. `danger`: what they
 * could bring about.
 */
export function distrust(path: string, { uid, mode }: Pick<FileStatus, 'uid' | 'mode'>, danger: string): string | null {
  const who = [
    ...(isTrusted(uid) ? [] : [`belongs to uid ${uid}`]),
    ...((mode & WRITABLE_BY_OTHERS) === 0 ? [] : [`is writable by others (mode 0${(mode & 0o7777).toString(8)})`]),
  ];
  if (who.length === 0) return null;
  return `${path} ${who.join(' and ')}, so that others than root can ${danger}; it is used all the same: chown root ${path} && chmod go-w ${path}`;
}
