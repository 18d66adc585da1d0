/** Decides by priorities whether a map's path groups are in order, and which group should be in use. Pure functions. */
import { NO_PRIORITY } from '../model/path';
import { bestGroup, groupPriority, isMarginal, type Ranked } from './grouping';

const hasUsable = (group: readonly Ranked[]): boolean => group.some(({ usable }) => usable);

/**
 * True if normal groups come before marginal ones and priorities never rise. Groups without a known priority and groups
 * without a usable path do not count.
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

/**
 * The 1-based group to switch to; null: I/O goes to the best group, or no group is usable. `next`: the group that the
 * kernel uses next.
 */
export function groupToSwitchTo(groups: ReadonlyArray<readonly Ranked[]>, next: number): number | null {
  if (groups.length < 2 || !groups.some(hasUsable)) return null;
  const best = bestGroup(groups);
  return best === next ? null : best;
}
