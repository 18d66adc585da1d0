/** The prioritizer `random`: 1 to 10. */
import type { BlockFacts } from '../../model/facts';
import type { PrioritizerRule } from './rule';

/**
 * Drawn once for a disk: the engine knows no chance, and a map that is grouped anew at each check serves
 * nobody.
 */
function drawn({ devt, diskseq }: BlockFacts): number {
  let hash = 7;
  for (const char of `${devt}#${diskseq ?? ''}`) hash = (hash * 31 + char.charCodeAt(0)) % 1_000_003;
  return 1 + (hash % 10);
}

export const RANDOM: PrioritizerRule = { priorityOf: ({ facts }) => drawn(facts) };
