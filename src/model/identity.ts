/**
 * The identity of a device (docs/design.md, "Identity is never a name"). A name (`sda`, `mpatha`, `dm-0`) is an
 * attribute: another device can get the name. An identity never goes to another device.
 */

/** A device number as the kernel prints it in sysfs and in dm tables: `"8:0"`. */
export type DevT = string;

/**
 * The kernel's disk sequence number (`/sys/block/X/diskseq`, `DISKSEQ` in uevents). The kernel never gives a number
 * twice while it runs. `null` if the kernel has no such numbers (before 5.15).
 */
export type DiskSeq = number | null;

/** A disk by its name and its identity. */
export interface DiskAddress {
  name: string;
  devt: DevT;
  diskseq: DiskSeq;
}

/** World Wide Identifier of a LUN as multipath-tools spells it, e.g. `33333330000007d0`. */
export type Wwid = string;

/** Key of a path in the path table: its dev_t and disk sequence number, `"8:0#12"`. */
export type PathKey = string;

/** The prefix of a multipath map's device-mapper UUID. */
export const MAP_UUID_PREFIX = 'mpath-';

/** The key of a block device in the path table: two devices with the same dev_t differ in diskseq. */
export function pathKey(devt: DevT, diskseq: DiskSeq): PathKey {
  return `${devt}#${diskseq ?? '-'}`;
}

/** The device-mapper UUID of the map for a LUN. */
export function uuidOfWwid(wwid: Wwid): string {
  return MAP_UUID_PREFIX + wwid;
}

/** The WWID in a multipath map's UUID, or null if the UUID is not that of a multipath map. */
export function wwidOfUuid(uuid: string): Wwid | null {
  return uuid.startsWith(MAP_UUID_PREFIX) && uuid.length > MAP_UUID_PREFIX.length
    ? uuid.slice(MAP_UUID_PREFIX.length)
    : null;
}

/** DISK_NAME_LEN of include/linux/blkdev.h, terminating NUL included. */
const NAME_LIMIT = 32;

/** Whether a text can be a disk's name in /sys/block. This matters because the name becomes a part of file paths. */
export function isDiskName(name: string): boolean {
  return /^[\w!.-]+$/.test(name) && name.length < NAME_LIMIT && name !== '.' && name !== '..';
}

/** Whether a text has the form of a device number, `major:minor`. */
export function isDevT(text: string): boolean {
  return /^\d+:\d+$/.test(text);
}
