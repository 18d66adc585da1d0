/** Reads from udev's database whether a disk is a multipath member, and has udev's rules run again. */
import { constants } from 'node:fs';
import { join } from 'node:path';
import type { Reading } from '../model/failure';
import type { DevT } from '../model/identity';
import { readBounded } from './boundedFile';
import { errnoOf } from './errors';
import { type Files, nodeFiles } from './files';
import { isDevT } from './mapFacts';
import { failed, read } from './nativeFailure';
import { parseUdevRecord } from './udevRecord';

/** A record has some KiB. */
const RECORD_LIMIT = 1024 * 1024;

export interface UdevWord {
  /** Whether the disk's record reserves the disk for multipath (DM_MULTIPATH_DEVICE_PATH=1). */
  isMember(devt: DevT): Promise<boolean>;
  /** Has udev's rules run for the disk again. */
  askAgain(devt: DevT): Promise<Reading<null>>;
}

/** The machine's udev; `directories` are others for tests. */
export function createUdevWord(
  directories = { records: '/run/udev/data', devices: '/sys/dev/block' },
  files: Files = nodeFiles,
): UdevWord {
  return {
    isMember: async (devt) => {
      const record = await readBounded(join(directories.records, `b${devt}`), RECORD_LIMIT, files);
      const properties = record.ok ? parseUdevRecord(Buffer.from(record.value, 'latin1')) : null;
      return properties?.['DM_MULTIPATH_DEVICE_PATH'] === '1';
    },
    askAgain: async (devt) => {
      const path = join(directories.devices, devt, 'uevent');
      if (!isDevT(devt)) return failed({ code: 'REFUSED', operation: 'uevent', device: devt, errno: null });
      try {
        // Opened without O_CREAT: the file must not be made if it does not exist.
        const file = await files.open(path, constants.O_WRONLY);
        await file.writeFile('change').finally(() => file.close());
        return read(null);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === null) throw error;
        return failed({ code: 'KERNEL_ERROR', operation: 'uevent', device: path, errno });
      }
    },
  };
}
