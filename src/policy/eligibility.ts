/** Whether a block device can be a path at all. The blacklist of the configuration is a separate check. */
import type { BlockFacts } from '../model/facts';

/** `reason` is a text for the log. */
export type Eligibility = { eligible: true } | { eligible: false; reason: string };

/** The settings that change the verdict. */
export interface EligibilitySettings {
  allowUsbDevices: boolean;
}

const PARTITION = /^((sd|dasd)[a-z]+[0-9]+|nvme[0-9]+n[0-9]+p[0-9]+)$/;

function isWholeDisk(facts: BlockFacts): boolean {
  const type = facts.udev?.['DEVTYPE'];
  return (type === undefined || type === 'disk') && !PARTITION.test(facts.name);
}

/** The reason that excludes the device, as a text for the log. */
function objection(facts: BlockFacts, settings: EligibilitySettings): string | null {
  if (!isWholeDisk(facts)) return 'not a whole disk';
  if (facts.bus === 'dm') return 'a device-mapper device';
  if (facts.hidden) return 'hidden: the kernel multipaths it itself';
  if (facts.transport.protocol === 'scsi:usb' && !settings.allowUsbDevices)
    return 'a USB device, and allow_usb_devices is no';
  if (facts.sizeSectors <= 0) return 'its size is 0';
  return null;
}

/** Whether the device can be a path, and if not, why. */
export function eligibility(facts: BlockFacts, settings: EligibilitySettings): Eligibility {
  const reason = objection(facts, settings);
  return reason === null ? { eligible: true } : { eligible: false, reason };
}
