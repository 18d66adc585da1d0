/** The names of udev's properties as one text: they have no blanks. */
import type { BlockFacts } from './facts';

export function namesOfRecord(record: Readonly<Record<string, string>>): string {
  return Object.keys(record).join(' ');
}

/** The names in a disk's record, in its order. */
export function propertyNames({ udevNames }: Pick<BlockFacts, 'udevNames'>): string[] {
  return udevNames === '' ? [] : udevNames.split(' ');
}
