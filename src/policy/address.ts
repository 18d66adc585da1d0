/**
 * The order of a LUN's paths where nothing else orders them: by address, so that a table does not depend on the order
 * in which paths were found.
 */
import type { DevT } from '../model/identity';

/** What the order goes by. */
export interface Addressed {
  devt: DevT;
  hcil: string | null;
}

/**
 * The numbers in `0:0:1:12` or `8:16`; a device without any comes last. Read digit by digit: it is done for each path
 * at each look at a LUN.
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

/** By H:C:T:L, then by device number; each number as a number. */
export function byAddress<T extends Addressed>(paths: readonly T[]): T[] {
  return paths
    .map((path) => ({ path, hcil: numbersOf(path.hcil), devt: numbersOf(path.devt) }))
    .sort((a, b) => compareNumbers(a.hcil, b.hcil) || compareNumbers(a.devt, b.devt))
    .map(({ path }) => path);
}
