/** Where a path leads to, in SCSI's own numbers. */

/**
 * The target port group in the device identification page (SPC-4 7.8.6), given in
 * hexadecimal: designator type 5h of the port.
 */
export function targetPortGroupOf(vpd83: string | null): number | null {
  const page = Buffer.from(vpd83 ?? '', 'hex');
  if (page.length < 4 || page[1] !== 0x83) return null;
  const end = Math.min(page.length, 4 + page.readUInt16BE(2));
  for (let at = 4; at + 4 <= end; at += 4 + page.readUInt8(at + 3)) {
    const kind = page.readUInt8(at + 1) & 0x3f;
    if (kind === 0x15 && page.readUInt8(at + 3) === 4 && at + 8 <= end) return page.readUInt16BE(at + 6);
  }
  return null;
}

/** The LUN of `H:C:T:L` in SCSI's own form (SAM-5 4.7), as the kernel's int_to_scsilun() writes it. */
export function lunHex(hcil: string | null): string {
  const lun = /^\d+:\d+:\d+:(\d+)$/.exec(hcil ?? '')?.[1];
  if (lun === undefined) return '0xffffffffffffffff';
  let rest = BigInt(lun);
  let digits = '';
  for (let level = 0; level < 4; level++) {
    digits += (rest & 0xffffn).toString(16).padStart(4, '0');
    rest >>= 16n;
  }
  return `0x${digits}`;
}
