/** When the kernel looks at a disk, and what it then has of it. */
import { diskEvent, unitAttentionEvent } from './eventText';
import { identityOf } from './identityPages';
import { emit, type Kernel } from './kernel';
import type { SimDisk } from './world';

/** Whether a command sent to the disk is answered. */
export function answers({ answer }: SimDisk): boolean {
  return answer !== 'down' && answer !== 'hangs';
}

/** sd_read_write_protect_flag: makes the disk writable before it asks, and set_disk_ro tells of every change. */
export function readWriteProtection(kernel: Kernel, disk: SimDisk): void {
  const set = (readOnly: boolean): void => {
    if (disk.protectionTold === readOnly) return;
    disk.protectionTold = readOnly;
    emit(kernel, diskEvent('change', disk, { DISK_RO: readOnly ? '1' : '0' }));
  };
  set(false);
  set(disk.writeProtected);
  disk.readOnly = disk.writeProtected;
}

/** scsi_rescan_device: the VPD pages and the capacity are read anew; of another identity no event tells. */
export function rescanDisk(kernel: Kernel, disk: SimDisk): void {
  const { unseen } = disk;
  // A LUN that does not answer leaves the copies as they are (scsi_get_vpd_buf).
  if (unseen !== null && answers(disk)) {
    disk.unseen = null;
    if (unseen.attention !== null) emit(kernel, unitAttentionEvent(disk, unseen.attention));
    Object.assign(disk, identityOf(unseen.wwid, disk.hcil));
    setSize(kernel, disk, unseen.sizeSectors);
  }
  readWriteProtection(kernel, disk);
}

export function setSize(kernel: Kernel, disk: SimDisk, sizeSectors: number): void {
  if (disk.sizeSectors === sizeSectors) return;
  disk.sizeSectors = sizeSectors;
  emit(kernel, diskEvent('change', disk, { RESIZE: '1' }));
}

/**
 * A command other than INQUIRY is answered: a new LUN's unit attention comes first. After one of changed
 * INQUIRY data the kernel looks by itself (scsi_lib.c, scsi_evt_emit).
 */
export function tellAttention(kernel: Kernel, disk: SimDisk): void {
  const { unseen } = disk;
  if (unseen === null || unseen.attention === null || !answers(disk)) return;
  if (unseen.attention === 'INQUIRY_DATA_HAS_CHANGED') return rescanDisk(kernel, disk);
  disk.unseen = { ...unseen, attention: null };
  emit(kernel, unitAttentionEvent(disk, unseen.attention));
}
