/** Finds the word that a mistyped word was probably meant to be. */

/** The number of letters that must be inserted, deleted, replaced or swapped (optimal string alignment). */
export function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const bySwap = swapped ? (beforeLast[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost, bySwap));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** The known word that is nearest to a wrong one, if it is near. */
export function suggestion(wrong: string, known: readonly string[]): string | null {
  const near = known
    // The comparison takes time, and words with such lengths cannot be near.
    .filter((word) => Math.abs(word.length - wrong.length) <= Math.max(1, Math.floor(word.length / 3)))
    .map((word) => ({ word, away: distance(wrong, word) }))
    .filter(({ word, away }) => away <= Math.max(1, Math.floor(word.length / 3)))
    .sort((a, b) => a.away - b.away);
  return near[0]?.word ?? null;
}
