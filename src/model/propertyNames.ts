/** The names of udev's properties as one text: they have no blanks. */
import type { BlockFacts } from './facts';

/** What the kernel and udevd say of every disk that has a record, without a line in it (sd_device, libudev). */
const ALWAYS = ['DEVNAME', 'DEVPATH', 'DEVTYPE', 'MAJOR', 'MINOR', 'SUBSYSTEM', 'USEC_INITIALIZED'];

/** In the order in which libudev gives them, and rules look at them: by bytes, not as they stand in the record. */
export function namesOfRecord(record: Readonly<Record<string, string>>): string {
  return [...new Set([...ALWAYS, ...Object.keys(record)])].sort().join(' ');
}

/** The names in a disk's record, in that order. */
export function propertyNames({ udevNames }: Pick<BlockFacts, 'udevNames'>): string[] {
  return udevNames === '' ? [] : udevNames.split(' ');
}
