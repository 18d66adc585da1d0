/**
 * The order of a LUN's paths if no other rule orders them: by address. So a table does not depend on the order in which
 * the paths were found.
 */
import type { DevT } from '../model/identity';

/** The fields that decide the order. */
export interface Addressed {
  devt: DevT;
  hcil: string | null;
}

/**
 * The numbers in `0:0:1:12` or `8:16`; a device without a number comes last. The text is read digit by digit for speed,
 * because this runs for each path whenever the engine looks at a LUN.
 */
function numbersOf(text: string | null): number[] {
  const numbers: number[] = [];
  let number = -1;
  const end = text?.length ?? 0;
  for (let at = 0; at < end; at++) {
    const code = text?.charCodeAt(at) ?? 0;
    if (code === 0x3a) {
      numbers.push(number < 0 ? Infinity : number);
      number = -1;
    } else {
      number = code >= 0x30 && code <= 0x39 ? Math.max(number, 0) * 10 + code - 0x30 : Infinity;
    }
  }
  numbers.push(number < 0 ? Infinity : number);
  return numbers;
}

function compareNumbers(left: readonly number[], right: readonly number[]): number {
  for (let i = 0; i < left.length; i++) {
    const value = left[i] ?? -1;
    const other = right[i] ?? -1;
    if (value !== other) return value < other ? -1 : 1;
  }
  return left.length - right.length;
}

/** The paths sorted by H:C:T:L, then by device number. Numbers are compared as numbers. */
export function byAddress<T extends Addressed>(paths: readonly T[]): T[] {
  return paths
    .map((path) => ({ path, hcil: numbersOf(path.hcil), devt: numbersOf(path.devt) }))
    .sort((a, b) => compareNumbers(a.hcil, b.hcil) || compareNumbers(a.devt, b.devt))
    .map(({ path }) => path);
}
