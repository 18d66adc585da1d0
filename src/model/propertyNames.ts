/** The names of udev's properties as one text, separated by blanks, which names do not have. */
import type { BlockFacts } from './facts';

/**
 * Properties that every disk with a record has by the kernel and udevd, without a line in the record (sd_device,
 * libudev).
 */
const ALWAYS = ['DEVNAME', 'DEVPATH', 'DEVTYPE', 'MAJOR', 'MINOR', 'SUBSYSTEM', 'USEC_INITIALIZED'];

/**
 * The names in the order of their bytes, which is the order of libudev and of mpathd's rules. The record may have
 * another order.
 */
export function namesOfRecord(record: Readonly<Record<string, string>>): string {
  return [...new Set([...ALWAYS, ...Object.keys(record)])].sort().join(' ');
}

/** The names in a disk's record, in this order. */
export function propertyNames({ udevNames }: Pick<BlockFacts, 'udevNames'>): string[] {
  return udevNames === '' ? [] : udevNames.split(' ');
}
