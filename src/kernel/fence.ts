/** The fence: a synthetic uevent of ours that comes back through the socket (docs/design.md, "The resync"). */
import { constants } from 'fs';
import type { Failure, Reading } from '../model/failure';
import { errnoOf } from './errors';
import { type Files, nodeFiles } from './files';
import { failed, read } from './nativeFailure';

/** Kobjects whose synthetic `change` causes no action of another program: they are no block device and no driver. */
const UEVENT_FILES: readonly string[] = ['/sys/module/dm_mod/uevent', '/sys/devices/virtual/mem/null/uevent'];

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Errnos after which the next file is tried: this file does not exist, or is not writable on this machine. */
const NEXT: ReadonlySet<string> = new Set(['ENOENT', 'ENODEV', 'EACCES', 'EPERM', 'EROFS']);

async function writeOnce(files: Files, path: string, text: string): Promise<string | null> {
  try {
    const file = await files.open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      await file.writeFile(text);
      return null;
    } finally {
      await file.close();
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return errno;
  }
}

/**
 * Writes `change UUID MPATHD=1` into the first of `ueventFiles` that accepts it. Keys must be alphanumeric
 * (Documentation/ABI/testing/sysfs-uevent); the event has SYNTH_UUID and SYNTH_ARG_MPATHD=1.
 */
export async function writeFence(
  uuid: string,
  ueventFiles: readonly string[] = UEVENT_FILES,
  files: Files = nodeFiles,
): Promise<Reading<null>> {
  const failure: Failure = { code: 'REFUSED', operation: 'fence', device: 'uevent', errno: null, detail: 'not a UUID' };
  if (!UUID.test(uuid)) return failed(failure);
  let last: Failure = { ...failure, detail: 'no uevent file' };
  for (const device of ueventFiles) {
    const errno = await writeOnce(files, device, `change ${uuid} MPATHD=1`);
    if (errno === null) return read(null);
    last = { code: 'KERNEL_ERROR', operation: 'fence', device, errno };
    if (!NEXT.has(errno)) break;
  }
  return failed(last);
}
