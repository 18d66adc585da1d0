/** Properties of uevents. What a sender left out or garbled is null, never a number or text made up for it. */
import { wwidOfUuid } from '../model/identity';

/** The variables of a uevent or of udev's record. */
export type Properties = Readonly<Record<string, string>>;

const MAX_INT = 0x7fffffff;

/** A property as it was sent; it may be empty. */
export function ueventText(properties: Properties, key: string): string | null {
  return Object.hasOwn(properties, key) ? (properties[key] ?? null) : null;
}

/** A decimal number of at most 31 bits (`MAJOR`, `DISK_RO`, `DM_NR_VALID_PATHS`). */
export function ueventNumber(properties: Properties, key: string): number | null {
  const text = ueventText(properties, key);
  if (text === null || !/^[0-9]{1,20}$/.test(text)) return null;
  const value = Number(text);
  return value <= MAX_INT ? value : null;
}

/** `true` for a dm device whose UUID is that of a multipath map; partitions of maps are not. */
export function isMultipathUevent(properties: Properties): boolean {
  const uuid = ueventText(properties, 'DM_UUID');
  return uuid !== null && wwidOfUuid(uuid) !== null;
}
