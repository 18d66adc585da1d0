/** A seeded generator of numbers: the same seed gives the same history. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** An integer in [0, bound). */
  below(bound: number): number;
  /**
   * True with this probability. Probabilities 0 and 1 draw no number, so that unused faults do not change a history.
   */
  chance(probability: number): boolean;
}

/** mulberry32: 32 bits of state, good enough to shuffle faults. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    below: (bound) => Math.floor(next() * bound),
    chance: (probability) => probability >= 1 || (probability > 0 && next() < probability),
  };
}
