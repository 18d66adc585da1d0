/**
 * The pages with the identity of a simulated LUN (SPC-4, 7.8.15 and 7.8.6 "Device Identification", "Unit Serial
 * Number").
 */
import { KernelRefusal } from './dmIoctl';

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

const page = (code: number, body: string): string => `00${hex(code, 2)}${hex(body.length / 2, 4)}${body}`;

/** WWIDs for which the simulator can make pages: `3` and an NAA designator of 8 or 16 bytes. */
export const NAA_WWID = /^3(?:[0-9a-f]{16}|[0-9a-f]{32})$/;

/** VPD page 0x83: the LUN's NAA designator, then the port's relative id and its target port group. */
function deviceIdentification(wwid: string, relativePort: number, portGroup: number): string {
  const naa = wwid.slice(1);
  const logicalUnit = `010300${hex(naa.length / 2, 2)}${naa}`;
  return page(0x83, `${logicalUnit}61940004${hex(relativePort, 8)}61950004${hex(portGroup, 8)}`);
}

/** VPD page 0x00: the supported pages in ascending order (SPC-4, 7.8.14 "Supported VPD Pages"). */
export function supportedPages(codes: readonly number[]): string {
  return page(0x00, codes.map((code) => hex(code, 2)).join(''));
}

/** VPD page 0x80 with a printable serial number. */
function unitSerialNumber(serial: string): string {
  return page(0x80, Array.from(serial, (c) => hex(c.charCodeAt(0) & 0x7f, 2)).join(''));
}

/**
 * The identity that the LUN with this WWID gives through the port of a SCSI address; throws EINVAL if no page can have
 * the WWID.
 */
export function identityOf(wwid: string, hcil: string): { wwid: string; vpd83: string; vpd80: string } {
  if (!NAA_WWID.test(wwid)) throw new KernelRefusal('addDisk', wwid, 'EINVAL');
  const host = Number(hcil.split(':')[0]);
  return {
    wwid,
    vpd83: deviceIdentification(wwid, 1 + host, 0x100 * (1 + host)),
    vpd80: unitSerialNumber(wwid.slice(-8)),
  };
}
