/** Which paths share a group, in what order, and which group is the best (behaviour sections 4, 7 and 9). */
import type { DevT } from '../model/identity';

/** Undefined: nothing was said about the path's priority. */
export const NO_PRIORITY = -1;

/** What grouping goes by. */
export interface GroupMember {
  devt: DevT;
  hcil: string | null;
  /** sysfs `access_state`; null where the device has no ALUA. */
  accessState: string | null;
  /** {@link NO_PRIORITY} or more. */
  priority: number;
  /** Up or ghost. */
  usable: boolean;
}

const ACCESS_STATES: ReadonlyMap<string, number> = new Map([
  ['active/optimized', 50],
  ['active/non-optimized', 10],
  ['lba-dependent', 5],
  ['standby', 1],
]);

const PREFERRED = 80;

/** The `sysfs` prioritizer: by the names in the kernel's scsi_dh_alua. */
export function prioritySysfs(accessState: string | null, preferred: boolean): number {
  if (accessState === null) return NO_PRIORITY;
  const base = ACCESS_STATES.get(accessState) ?? 0;
  return preferred && accessState !== 'active/optimized' ? base + PREFERRED : base;
}

/** The numbers in `0:0:1:12` or `8:16`; a device without any comes last. Read digit by digit: it is done for each path at each look at a LUN. */
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

function usableOf<T extends GroupMember>(group: readonly T[]): T[] {
  return group.filter(({ usable }) => usable);
}

/** Mean of what is known of the usable paths' priorities: 0 without usable paths, {@link NO_PRIORITY} if nothing is known. */
export function groupPriority(group: readonly GroupMember[]): number {
  const usable = usableOf(group);
  if (usable.length === 0) return 0;
  const known = usable.map(({ priority }) => priority).filter((priority) => priority >= 0);
  return known.length === 0 ? NO_PRIORITY : Math.trunc(known.reduce((sum, p) => sum + p, 0) / known.length);
}

/** Negative if `a` is better. */
function compareGroups(a: readonly GroupMember[], b: readonly GroupMember[]): number {
  const byPriority = groupPriority(b) - groupPriority(a);
  return byPriority !== 0 ? byPriority : usableOf(b).length - usableOf(a).length;
}

/** By address, so that a table does not depend on the order in which paths were found. One group per priority if all paths report their ALUA state, otherwise one group; the best first. */
export function groupPaths<T extends GroupMember>(paths: readonly T[]): T[][] {
  const sorted = paths
    .map((path) => ({ path, hcil: numbersOf(path.hcil), devt: numbersOf(path.devt) }))
    .sort((a, b) => compareNumbers(a.hcil, b.hcil) || compareNumbers(a.devt, b.devt))
    .map(({ path }) => path);
  if (sorted.length === 0) return [];
  if (sorted.some(({ accessState }) => accessState === null)) return [sorted];
  const byPriority = new Map<number, T[]>();
  for (const path of sorted) {
    const group = byPriority.get(path.priority);
    if (group === undefined) byPriority.set(path.priority, [path]);
    else group.push(path);
  }
  return [...byPriority.values()].sort(compareGroups);
}

/** The 1-based number of the group that I/O should go to: the first where no group is usable. */
export function bestGroup(groups: ReadonlyArray<readonly GroupMember[]>): number {
  let best: { number: number; group: readonly GroupMember[] } | null = null;
  for (const [i, group] of groups.entries()) {
    if (usableOf(group).length === 0) continue;
    if (best === null || compareGroups(group, best.group) < 0) best = { number: i + 1, group };
  }
  return best?.number ?? 1;
}
