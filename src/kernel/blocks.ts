/** The port for disks over the addon: sysfs, the udev database, SCSI commands and reads. */
import { basename } from 'node:path';
import type { BlockFacts } from '../model/facts';
import type { Reading } from '../model/failure';
import type { DevT } from '../model/identity';
import { createChecker } from './checkPath';
import type { CheckAddon } from './checkPath';
import { rescan, type RescanAddon } from './rescan';
import { isDevT } from './mapFacts';
import type { BlockPort } from './ports';
import { listDisks } from './listDisks';
import { readDisks, sysfsRead } from './readDisks';
import type { SysfsAddon } from './readDisks';
import { sendScsi } from './scsi';
import type { SharedTexts } from './sharedTexts';
import { failed } from './nativeFailure';

export interface BlockPortOptions {
  addon: SysfsAddon & CheckAddon & RescanAddon;
  /** Milliseconds, monotonic. */
  now: () => number;
  /** See readDisks; called at each reading. */
  used: () => ReadonlySet<string>;
  /** The texts of the port's earlier readings and of snapshots. */
  sharedTexts?: SharedTexts;
}

export function createBlockPort(options: BlockPortOptions): BlockPort {
  const readByName = async (name: string): Promise<Reading<BlockFacts>> => {
    const [result] = await readDisks(options.addon, [name], options.used(), options.sharedTexts);
    return result?.reading ?? failed({ code: 'MALFORMED', operation: 'sysfs', device: name, errno: null });
  };

  /**
   * The directory of the number gives the disk's name. The disk that is then read by this name must still have the
   * number.
   */
  const readByDevt = async (devt: DevT): Promise<Reading<BlockFacts>> => {
    const [directory] = await sysfsRead(options.addon, [{ directory: `/sys/dev/block/${devt}`, attributes: [] }]);
    const errno = directory?.errno ?? null;
    if (directory === undefined || errno !== null) {
      return failed({ code: 'KERNEL_ERROR', operation: 'sysfs', device: devt, errno: errno ?? 'EIO', detail: 'open' });
    }
    const reading = await readByName(basename(directory.realpath));
    if (!reading.ok || reading.value.devt === devt) return reading;
    return failed({ code: 'WRONG_DEVICE', operation: 'sysfs', device: devt, errno: null });
  };

  return {
    read: (name) => (isDevT(name) ? readByDevt(name) : readByName(name)),
    list: () => listDisks(options.addon),
    check: createChecker(options),
    scsi: (question) => sendScsi(options.addon, question),
    rescan: (disk) => rescan(options.addon, disk),
  };
}
