/** Whether a block device can be a path at all. The blacklist of the configuration is a separate check. */
import type { BlockFacts } from '../model/facts';
import type { PathReason, PathReasonKind } from '../model/pathReason';

export type Eligibility = { eligible: true } | { eligible: false; reason: PathReason };

/** The settings that change the verdict. */
export interface EligibilitySettings {
  allowUsbDevices: boolean;
}

const PARTITION = /^((sd|dasd)[a-z]+[0-9]+|nvme[0-9]+n[0-9]+p[0-9]+)$/;

function isWholeDisk(facts: BlockFacts): boolean {
  const type = facts.udev?.['DEVTYPE'];
  return (type === undefined || type === 'disk') && !PARTITION.test(facts.name);
}

/** The reason that excludes the device. */
function objection(facts: BlockFacts, settings: EligibilitySettings): PathReason | null {
  const because = (kind: PathReasonKind, text: string): PathReason => ({ kind, text });
  if (!isWholeDisk(facts)) return because('no-path', 'not a whole disk');
  if (facts.bus === 'dm') return because('no-path', 'a device-mapper device');
  if (facts.hidden) return because('hidden', 'hidden: the kernel multipaths it itself');
  if (facts.transport.protocol === 'scsi:usb' && !settings.allowUsbDevices)
    return because('usb', 'a USB device, and allow_usb_devices is no');
  if (facts.sizeSectors <= 0) return because('no-path', 'its size is 0');
  return null;
}

/** Whether the device can be a path, and if not, why. */
export function eligibility(facts: BlockFacts, settings: EligibilitySettings): Eligibility {
  const reason = objection(facts, settings);
  return reason === null ? { eligible: true } : { eligible: false, reason };
}
