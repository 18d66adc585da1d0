/**
 * Markers of LUNs for which the kernel has refused a map. udev's rules read them and leave such a disk to other
 * programs. A marker stays until a map of the LUN can be made, or until the machine boots again.
 */
import { constants } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../kernel/errors';
import { type Files, makeDirectories, nodeFiles } from '../kernel/files';
import type { Failure, Reading } from '../model/failure';
import type { Wwid } from '../model/identity';
import { isSafeWwid } from '../policy/vpd';

/** multipath-tools keeps its markers in this directory, and also finds those of mpathd there. */
const FAILED_WWIDS = '/run/multipath/failed_wwids';

/** mark and unmark answer `true` if they changed something. */
export interface FailedWwids {
  isMarked(wwid: Wwid): Promise<Reading<boolean>>;
  mark(wwid: Wwid): Promise<Reading<boolean>>;
  unmark(wwid: Wwid): Promise<Reading<boolean>>;
}

/** `true` if the step worked; `false` if it failed with the errno that means that there was nothing to do. */
async function step(
  operation: string,
  path: string,
  nothing: string | null,
  work: () => Promise<unknown>,
): Promise<Reading<boolean>> {
  try {
    await work();
    return { ok: true, value: true };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    if (errno === nothing) return { ok: true, value: false };
    return { ok: false, failure: { code: 'KERNEL_ERROR', operation, device: path, errno } };
  }
}

/** Refuses a WWID that cannot be the name of a file. */
function refused(wwid: Wwid): { ok: false; failure: Failure } | null {
  if (isSafeWwid(wwid) && wwid !== '.' && wwid !== '..') return null;
  return {
    ok: false,
    failure: {
      code: 'REFUSED',
      operation: 'mark',
      device: 'failed WWIDs',
      errno: null,
      detail: `${JSON.stringify(wwid)} is no WWID`,
    },
  };
}

async function makeEmpty(files: Files, path: string): Promise<void> {
  const file = await files.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
  await file.close();
}

/** Markers in a directory. `pid` distinguishes the temporary files of different writers. */
export function createFailedWwids(directory = FAILED_WWIDS, pid = process.pid, files: Files = nodeFiles): FailedWwids {
  const pathOf = (wwid: Wwid): string => join(directory, wwid);
  return {
    isMarked: async (wwid) =>
      refused(wwid) ?? (await step('lstat', pathOf(wwid), 'ENOENT', () => files.lstat(pathOf(wwid)))),
    unmark: async (wwid) =>
      refused(wwid) ?? (await step('unlink', pathOf(wwid), 'ENOENT', () => files.unlink(pathOf(wwid)))),
    mark: async (wwid) => {
      const wrong = refused(wwid);
      if (wrong !== null) return wrong;
      const made = await step('mkdir', directory, null, () => makeDirectories(files, directory, 0o700));
      if (!made.ok) return made;
      // The file is linked into its place, as multipath-tools does: a reader always finds a whole file, and one of two
      // writers wins.
      const temporary = `${pathOf(wwid)}.${pid.toString(16)}`;
      const written = await step('open', temporary, null, () => makeEmpty(files, temporary));
      if (!written.ok) return written;
      const linked = await step('link', pathOf(wwid), 'EEXIST', () => files.link(temporary, pathOf(wwid)));
      await files.unlink(temporary).catch(() => undefined);
      return linked;
    },
  };
}

/** Errnos that are about the kernel itself, or about a path that has gone, and not about the LUN. */
const PASSING: ReadonlySet<string> = new Set(['ENOMEM', 'EAGAIN', 'EINTR', 'ENXIO', 'ENODEV', 'ENOENT']);

/**
 * The kernel takes the paths, or refuses them, when it loads the table. It refuses a name that is in use before that.
 */
function isRefusal({ code, operation, errno }: Failure): boolean {
  return code === 'KERNEL_ERROR' && operation === 'DM_TABLE_LOAD' && errno !== null && !PASSING.has(errno);
}

/** What the making of a map did to the LUN's marker: set it or removed it; null: neither. */
export type MarkerChange = 'marked' | 'unmarked' | null;

/** Sets or removes the marker after the making of a map. */
export async function noteCreation(
  markers: FailedWwids,
  wwid: Wwid,
  created: Reading<unknown>,
): Promise<Reading<MarkerChange>> {
  if (!created.ok && !isRefusal(created.failure)) return { ok: true, value: null };
  const changed = created.ok ? await markers.unmark(wwid) : await markers.mark(wwid);
  if (!changed.ok) return changed;
  if (!changed.value) return { ok: true, value: null };
  return { ok: true, value: created.ok ? 'unmarked' : 'marked' };
}
