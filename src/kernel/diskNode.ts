/** A disk's node, and how long a command to it may take, as the addon takes them. */
import type { NativeDevice } from '../../native/mpathd';
import type { DiskAddress } from '../model/identity';

/** setTimeout takes anything longer for 1 ms. */
export const LONGEST_TIMER = 2 ** 31 - 1;

export function deviceOf({ name, devt, diskseq }: DiskAddress): NativeDevice {
  // Device names with a slash show it as '!' in sysfs (drivers/base/core.c, kobject_set_name_vargs).
  return { node: `/dev/${name.replaceAll('!', '/')}`, devt, diskseq };
}

/** Whole milliseconds within what SG_IO and timers take. */
export function commandTimeout(ms: number): number {
  return Math.min(Math.max(1, Math.ceil(ms)), LONGEST_TIMER);
}
