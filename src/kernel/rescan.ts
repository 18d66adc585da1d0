/** Having the kernel ask a SCSI disk again what it says of itself. */
import type { Reading } from '../model/failure';
import type { DiskAddress } from '../model/identity';
import { begun } from './begun';
import type { Addon } from './native';
import { failed, kernelFailure, read } from './nativeFailure';

/** The part of the addon that is needed. */
export type RescanAddon = Pick<Addon, 'rescanDisk'>;

/** The `rescan` of a block port. */
export function rescan(addon: RescanAddon, disk: DiskAddress): Promise<Reading<null>> {
  const { name, devt, diskseq } = disk;
  return begun('rescan', disk, async () => {
    const answer = await addon.rescanDisk({ directory: `/sys/block/${name}`, devt, diskseq });
    return answer.errno === null ? read(null) : failed(kernelFailure('rescan', name, answer));
  });
}
