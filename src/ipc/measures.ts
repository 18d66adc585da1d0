/** Sizes and progress bars as multipath-tools prints them. */

const UNITS = ['K', 'M', 'G', 'T', 'P'];

/** `%.Nf` of C: an exact tie goes to the even neighbour. toFixed() always rounds it up. */
function fixed(value: number, digits: number): string {
  const scaled = value * 10 ** digits;
  const floor = Math.floor(scaled);
  const tie = scaled - floor === 0.5;
  return tie && floor % 2 === 0 ? (floor / 10 ** digits).toFixed(digits) : value.toFixed(digits);
}

/** A size in 512-byte sectors: `8.0M`, `20G`. */
export function sizeText(sectors: number): string {
  let value = sectors / 2;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${fixed(value, value < 10 ? 1 : 0)}${UNITS[unit] ?? ''}`;
}

/** `XX........ 5/20`. If the total is 0, only ` 0/0`. */
export function progressBar(current: number, total: number): string {
  const filled = total > 0 ? Math.floor((10 * current) / total) : 0;
  const bar = total > 0 ? 'X'.repeat(filled).padEnd(10, '.') : '';
  return `${bar} ${current}/${total}`;
}
