/** The WWID of the LUN that a block device leads to. */
import type { BlockFacts } from '../model/facts';
import type { Wwid } from '../model/identity';
import { bytesOfHex } from './hex';
import { chopTrailingSpace } from './text';
import { isSafeWwid, lunNamesOfVpd83, serialFromVpd80, WWID_BUFFER, wwidFromVpd83 } from './vpd';

/** A WWID and its source, or the reason why there is none. */
export type WwidAnswer = { wwid: Wwid; source: 'udev' | 'sysfs' } | { wwid: null; reason: string };

/** The kernel's `wwid` for controllers without a better identifier: nvme.<vendor>-<serial>-<model>-<namespace>. */
const NVME_WWID = /^(nvme\.[0-9a-f]{4})-([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]+)$/;

/**
 * The digits without the zero bytes at their end; at least one digit stays. A regular expression that finds the
 * shortest beginning takes seconds for a long text of zeros.
 */
function withoutPadding(hex: string): string {
  let end = hex.length;
  while (end > 2 && hex[end - 1] === '0' && hex[end - 2] === '0') end -= 2;
  return hex.slice(0, end);
}

/**
 * Shortens an NVMe WWID that is too long: removes the zero bytes with which some controllers pad serial and model. Null
 * if the WWID has another form or is still too long.
 */
export function shortenNvmeWwid(wwid: string): Wwid | null {
  const [, vendor, serial, model, namespace] = NVME_WWID.exec(wwid.slice(0, 4096)) ?? [];
  if (vendor === undefined || serial === undefined || model === undefined || namespace === undefined) return null;
  const shortened = [vendor, withoutPadding(serial), withoutPadding(model), namespace].join('-');
  return shortened.length < WWID_BUFFER ? shortened : null;
}

/** The `uid_attribute` that is built in for each bus. */
function uidAttributeOf(bus: BlockFacts['bus']): string {
  switch (bus) {
    case 'nvme':
      return 'ID_WWN';
    case 'ccw':
      return 'ID_UID';
    case 'scsi':
    case 'dm':
    case 'other':
      return 'ID_SERIAL';
  }
}

function usable(text: string | null | undefined): Wwid | null {
  const trimmed = chopTrailingSpace(text ?? '');
  const wwid = trimmed.length < WWID_BUFFER ? trimmed : shortenNvmeWwid(trimmed);
  return wwid !== null && isSafeWwid(wwid) ? wwid : null;
}

/** The WWID in this property of udev's record. `attribute` '': no property has one. */
export function wwidFromUdev(facts: BlockFacts, attribute: string): Wwid | null {
  const record = facts.udev;
  return record !== null && attribute !== '' && Object.hasOwn(record, attribute) ? usable(record[attribute]) : null;
}

/**
 * Whether the device's own identity may replace the property. It may not replace a property of the administrator's
 * choice, which names the LUN in another way.
 */
export function mayFallBack(bus: BlockFacts['bus'], attribute: string): boolean {
  return attribute === '' || attribute === uidAttributeOf(bus);
}

/** The WWID that the device itself gives: VPD page 0x83, NVMe's `wwid`, or DASD's `uid` up to the fourth dot. */
export function wwidFromSysfs(facts: BlockFacts): Wwid | null {
  switch (facts.bus) {
    case 'scsi': {
      const page = facts.vpd83 === null ? null : bytesOfHex(facts.vpd83);
      const identity = page === null ? null : wwidFromVpd83(page);
      return identity?.ok === true ? identity.wwid : null;
    }
    case 'nvme':
      return usable(facts.sysfsWwid);
    case 'ccw':
      return usable(facts.sysfsWwid?.split('.').slice(0, 4).join('.'));
    case 'dm':
    case 'other':
      return null;
  }
}

/** The identity in a device identification page (hex): its WWID, or the page itself if it has no usable WWID. */
export function identityOfVpd83(hex: string): string {
  const page = bytesOfHex(hex);
  const identity = page === null ? null : wwidFromVpd83(page);
  return identity?.ok === true ? identity.wwid : `page ${hex}`;
}

/** WWIDs that are spelled in one way only, by the designator type of their names: NAA and EUI-64. */
const SPELLED: ReadonlyArray<{ type: number; form: RegExp }> = [
  { type: 0x3, form: /^3[0-9a-f]{16}([0-9a-f]{16})?$/ },
  { type: 0x2, form: /^2([0-9a-f]{16}|[0-9a-f]{24}|[0-9a-f]{32})$/ },
];

/**
 * Whether the device's own page 0x83 contradicts a WWID from udev: the WWID has the form of an NAA or EUI-64 name, and
 * the page has names of this type but not this one. Then udev's record is that of the LUN that was behind the path
 * before.
 */
export function isContradicted(wwid: Wwid, facts: BlockFacts): boolean {
  const page = facts.bus === 'scsi' && facts.vpd83 !== null ? bytesOfHex(facts.vpd83) : null;
  const type = SPELLED.find(({ form }) => form.test(wwid))?.type;
  if (page === null || type === undefined) return false;
  const names = lunNamesOfVpd83(page).names.filter((name) => name.type === type);
  return names.length > 0 && !names.some(({ text }) => text === `${type}:${wwid.slice(1)}`);
}

/**
 * The WWID of a device. udev's answer comes first, as other programs use it, too. `attribute`: the property of udev's
 * record.
 */
export function wwidOf(facts: BlockFacts, attribute = uidAttributeOf(facts.bus)): WwidAnswer {
  const fromUdev = wwidFromUdev(facts, attribute);
  if (fromUdev !== null) return { wwid: fromUdev, source: 'udev' };
  const fromSysfs = mayFallBack(facts.bus, attribute) ? wwidFromSysfs(facts) : null;
  if (fromSysfs !== null) return { wwid: fromSysfs, source: 'sysfs' };
  const udev = facts.udev === null ? 'no udev record' : `no usable ${attribute} in udev's record`;
  const device = mayFallBack(facts.bus, attribute) ? ', and none from the device' : '';
  return { wwid: null, reason: `${udev}${device}` };
}

/** The serial number of a SCSI device; null if it has no page 0x80. */
export function serialOf(facts: BlockFacts): string | null {
  const page = facts.vpd80 === null ? null : bytesOfHex(facts.vpd80);
  const serial = page === null ? '' : serialFromVpd80(page);
  return serial === '' ? null : serial;
}
