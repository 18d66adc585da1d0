/*
 * All rules, by subject. What cannot be provoked on the real kernel of the test VM, and has no rule:
 * - SDEV_UA=INQUIRY_DATA_HAS_CHANGED: scsi_debug has no such attention, LIO sends none for a LUN whose backstore is
 * swapped.
 * - deliveries out of the order of SEQNUM: the VM's 6.1 numbers and sends under one lock (lib/kobject_uevent.c).
 * - a uevent whose allocation failed; an ioctl that hangs or fails with ENOMEM in the kernel itself.
 * - a map that is one of its own paths: EINVAL in the simulated kernel as in newer ones, taken by 6.1.
 */
import { DISK_RULES } from './disks';
import type { Rule } from './machine';
import { NAME_RULES } from './names';
import { NUMBER_RULES } from './numbers';
import { REFUSAL_RULES } from './refusals';
import { TABLE_RULES } from './tables';
import { UEVENT_RULES } from './uevents';

/** Rules that must hold on any kernel, the simulated one and the real one. */
export const RULES: ReadonlyArray<readonly [subject: string, rules: readonly Rule[]]> = [
  ['tables', TABLE_RULES],
  ['event numbers', NUMBER_RULES],
  ['names', NAME_RULES],
  ['refusals', REFUSAL_RULES],
  ['disks', DISK_RULES],
  ['uevents', UEVENT_RULES],
];
