/** The LUN of a path, in SCSI's own numbers. */

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
