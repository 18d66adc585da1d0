/** When the simulated kernel looks at a disk, and what it then knows of the disk. */
import { diskEvent, unitAttentionEvent } from './eventText';
import { identityOf } from './identityPages';
import { emit, type Kernel } from './kernel';
import type { SimDisk } from './world';

/** Whether the disk answers a command. */
export function answers({ answer }: SimDisk): boolean {
  return answer !== 'down' && answer !== 'hangs';
}

/**
 * sd_read_write_protect_flag: the kernel makes the disk writable before it asks, and set_disk_ro sends an event for
 * each change.
 */
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

/** scsi_rescan_device: the kernel reads the VPD pages and the capacity anew. No event reports another identity. */
export function rescanDisk(kernel: Kernel, disk: SimDisk): void {
  const { unseen } = disk;
  // If the LUN does not answer, the copies stay as they are (scsi_get_vpd_buf).
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
 * Called when a command other than INQUIRY is answered: the unit attention of a new LUN comes first. After the
 * attention for changed INQUIRY data the kernel looks at the disk by itself (scsi_lib.c, scsi_evt_emit).
 */
export function tellAttention(kernel: Kernel, disk: SimDisk): void {
  const { unseen } = disk;
  if (unseen === null || unseen.attention === null || !answers(disk)) return;
  if (unseen.attention === 'INQUIRY_DATA_HAS_CHANGED') return rescanDisk(kernel, disk);
  disk.unseen = { ...unseen, attention: null };
  emit(kernel, unitAttentionEvent(disk, unseen.attention));
}
