import type { DevT } from '../model/identity';

/** Hands out the lowest free number, as the kernel's ida does for sd names and dm minors. */
export interface NumberPool {
  take(): number;
  release(n: number): void;
}

/** An empty pool, beginning at 0. */
export function createNumberPool(): NumberPool {
  const used: boolean[] = [];
  let lowest = 0;
  return {
    take: () => {
      while (used[lowest] === true) lowest++;
      used[lowest] = true;
      return lowest;
    },
    release: (n) => {
      used[n] = false;
      lowest = Math.min(lowest, n);
    },
  };
}

/** `sda` … `sdz`, `sdaa` … (drivers/scsi/sd.c, sd_format_disk_name). */
export function sdName(index: number): string {
  let letters = '';
  for (let n = index; n >= 0; n = Math.floor(n / 26) - 1) letters = String.fromCharCode(97 + (n % 26)) + letters;
  return `sd${letters}`;
}

/** The majors 8, 65-71 and 128-135 take turns for 16 disks each, then minors go up (sd.c, sd_major). */
export function sdDevt(index: number): DevT {
  const turn = (index & 0xf0) >> 4;
  const major = turn === 0 ? 8 : turn < 8 ? 64 + turn : 120 + turn;
  return `${major}:${((index & 0xf) << 4) | (index & 0xfffff00)}`;
}

/** The major number of device-mapper in a Debian kernel. */
export const DM_MAJOR = 253;
