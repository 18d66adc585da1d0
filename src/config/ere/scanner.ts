/** The types and functions that the parts of the translation of regular expressions share. */

/** Why a pattern is refused, and at which byte. It is thrown only inside the translation. */
export class PatternError extends Error {
  constructor(
    readonly reason: string,
    readonly at: number,
  ) {
    super(reason);
  }
}

/** The place of the translation in the pattern. The pattern has one character for each byte, as in the C locale. */
export interface Scanner {
  readonly bytes: string;
  at: number;
}

/** The bytes from the first to the last, both included. */
export type ByteRange = readonly [first: number, last: number];

/** The ranges sorted, and joined if they touch. */
export function joined(ranges: readonly ByteRange[]): ByteRange[] {
  const result: ByteRange[] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = result.at(-1);
    if (before !== undefined && first <= before[1] + 1) result.splice(-1, 1, [before[0], Math.max(before[1], last)]);
    else result.push([first, last]);
  }
  return result;
}

/** All bytes that are in none of the ranges. */
export function negated(ranges: readonly ByteRange[]): ByteRange[] {
  const result: ByteRange[] = [];
  let next = 0;
  for (const [first, last] of joined(ranges)) {
    if (first > next) result.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= 0xff) result.push([next, 0xff]);
  return result;
}
