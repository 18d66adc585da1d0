/** May a block device be a path at all? The rules that hold with nothing configured (config.md section 5). */
import type { BlockFacts } from '../model/facts';
import { uidAttributeOf } from './wwid';

/** `reason` is fit for the log. */
export type Eligibility = { eligible: true } | { eligible: false; reason: string };

/** The settings that change the verdict. */
export interface EligibilitySettings {
  allowUsbDevices: boolean;
}

const DEFAULTS: EligibilitySettings = { allowUsbDevices: false };

/** Only these drivers' disks have paths in the sense of multipath. */
const DEVNODE = /^(sd[a-z]|dasd[a-z]|nvme[0-9])/;
const PARTITION = /^((sd|dasd)[a-z]+[0-9]+|nvme[0-9]+n[0-9]+p[0-9]+)$/;
/** Properties that a device has once udev could identify it. */
const IDENTIFIED = /(SCSI_IDENT_|ID_WWN)/;

function isWholeDisk(facts: BlockFacts): boolean {
  const type = facts.udev?.['DEVTYPE'];
  return (type === undefined || type === 'disk') && !PARTITION.test(facts.name);
}

/** Seen by udev but not identified; a record without the WWID's property says nothing either way. */
function lacksIdentity(facts: BlockFacts): boolean {
  const record = facts.udev;
  if (record === null || !Object.hasOwn(record, uidAttributeOf(facts.bus))) return false;
  // The usual one first: records have some sixty names, and this is asked at each reading.
  return !Object.hasOwn(record, 'ID_WWN') && !Object.keys(record).some((name) => IDENTIFIED.test(name));
}

/** The first rule that excludes the device, as a line for the log. */
function objection(facts: BlockFacts, settings: EligibilitySettings): string | null {
  if (lacksIdentity(facts)) return 'blacklisted: no SCSI_IDENT_ or ID_WWN property';
  if (!DEVNODE.test(facts.name)) return 'blacklisted: the device name is not one of a multipath path';
  if (!isWholeDisk(facts)) return 'not a whole disk';
  if (facts.bus === 'dm') return 'a device-mapper device';
  if (facts.hidden) return 'hidden: the kernel multipaths it itself';
  if (facts.transport.protocol === 'scsi:usb' && !settings.allowUsbDevices) return 'a USB device';
  if (facts.sizeSectors <= 0) return 'its size is 0';
  return null;
}

/** Whether the device can be a path, and if not, why. */
export function eligibility(facts: BlockFacts, settings: EligibilitySettings = DEFAULTS): Eligibility {
  const reason = objection(facts, settings);
  return reason === null ? { eligible: true } : { eligible: false, reason };
}
