/** What a mistyped word was probably meant to be. */

/** How many letters must be put in, taken out, replaced or swapped (optimal string alignment). */
export function distance(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let j = 0; j <= b.length; j++) rows[0]?.splice(j, 1, j);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) best = Math.min(best, at(i - 2, j - 2) + 1);
      rows[i]?.splice(j, 1, best);
    }
  }
  return at(a.length, b.length);
}

/** The known word nearest to a wrong one, if it is near. */
export function suggestion(wrong: string, known: readonly string[]): string | null {
  const near = known
    // To compare takes time, and these cannot be near.
    .filter((word) => Math.abs(word.length - wrong.length) <= Math.max(1, Math.floor(word.length / 3)))
    .map((word) => ({ word, away: distance(wrong, word) }))
    .filter(({ word, away }) => away <= Math.max(1, Math.floor(word.length / 3)))
    .sort((a, b) => a.away - b.away);
  return near[0]?.word ?? null;
}
