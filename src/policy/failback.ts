/** When a map's path groups, or the group in use, are not what the priorities ask for. Pure. */
import { bestGroup, groupPriority, isMarginal, NO_PRIORITY, type Ranked } from './grouping';

const hasUsable = (group: readonly Ranked[]): boolean => group.some(({ usable }) => usable);

/**
 * Normal groups before marginal ones, priorities never rising; groups of which nothing is known, or that are dead, do
 * not count.
 */
export function isInOrder(groups: ReadonlyArray<readonly Ranked[]>): boolean {
  let last = Infinity;
  let inMarginal = false;
  for (const group of groups) {
    const priority = groupPriority(group);
    if (!hasUsable(group) || priority === NO_PRIORITY) continue;
    const marginal = isMarginal(group);
    if (inMarginal && !marginal) return false;
    if (marginal === inMarginal && priority > last) return false;
    inMarginal = marginal;
    last = priority;
  }
  return true;
}

/** The 1-based group to switch to; null: I/O goes to the best, or none is usable. `next` is the kernel's. */
export function groupToSwitchTo(groups: ReadonlyArray<readonly Ranked[]>, next: number): number | null {
  if (groups.length < 2 || !groups.some(hasUsable)) return null;
  const best = bestGroup(groups);
  return best === next ? null : best;
}
