/** A disk's node, and the timeout of a command to it, in the form that the addon needs. */
import type { NativeDevice } from '../../native/mpathd';
import type { DiskAddress } from '../model/identity';

/** setTimeout treats a longer time as 1 ms. */
export const LONGEST_TIMER = 2 ** 31 - 1;

export function deviceOf({ name, devt, diskseq }: DiskAddress): NativeDevice {
  // If a device name has a slash, sysfs shows it as '!' (drivers/base/core.c, kobject_set_name_vargs).
  return { node: `/dev/${name.replaceAll('!', '/')}`, devt, diskseq };
}

/** Whole milliseconds in the range that SG_IO and timers accept. */
export function commandTimeout(ms: number): number {
  return Math.min(Math.max(1, Math.ceil(ms)), LONGEST_TIMER);
}
