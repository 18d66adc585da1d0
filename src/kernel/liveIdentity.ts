/** Asks a SCSI disk for its identity, and has the kernel ask it. */
import type { Reading } from '../model/failure';
import type { DiskAddress } from '../model/identity';
import { inquire as askForPage, type Inquiry } from '../policy/scsi/inquiry';
import { begun } from './begun';
import type { Addon } from './native';
import { failed, kernelFailure, read } from './nativeFailure';
import { sendScsi, type ScsiAddon } from './scsi';

/** The part of the addon that this file needs. */
export type IdentityAddon = ScsiAddon & Pick<Addon, 'rescanDisk'>;

/** The `inquire` of a block port: the whole page, or a failure. */
export function inquire(addon: ScsiAddon, inquiry: Inquiry): Promise<Reading<string>> {
  return askForPage((question) => sendScsi(addon, question), inquiry);
}

/** The `rescan` of a block port. */
export function rescan(addon: IdentityAddon, disk: DiskAddress): Promise<Reading<null>> {
  const { name, devt, diskseq } = disk;
  return begun('rescan', disk, async () => {
    const answer = await addon.rescanDisk({ directory: `/sys/block/${name}`, devt, diskseq });
    return answer.errno === null ? read(null) : failed(kernelFailure('rescan', name, answer));
  });
}
