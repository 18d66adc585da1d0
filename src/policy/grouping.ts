/** Which paths share a path group, the order of the groups, and which group is the best. */

/** Undefined: nothing was said about the path's priority. */
export const NO_PRIORITY = -1;

/** What a group is judged by. */
export interface Ranked {
  /** {@link NO_PRIORITY} or more. */
  priority: number;
  /** Up or ghost. */
  usable: boolean;
  /** Its I/O fails too often to be relied on. */
  marginal: boolean;
}

/** What grouping goes by; null where the device does not say. */
export interface GroupMember extends Ranked {
  serial: string | null;
  /** Of the target. */
  nodeName: string | null;
  /** Target port group. */
  tpg: number | null;
}

/** `path_grouping_policy`. */
export type Grouping =
  | 'failover'
  | 'multibus'
  | 'group_by_serial'
  | 'group_by_prio'
  | 'group_by_node_name'
  | 'group_by_tpg';

type Key = (member: GroupMember) => unknown;

/** Paths that share the key share a group; `failover` has no two that do. */
const KEYS: Readonly<Record<Grouping, Key>> = {
  failover: (member) => member,
  multibus: () => 0,
  group_by_serial: ({ serial }) => serial ?? '',
  group_by_prio: ({ priority }) => priority,
  group_by_node_name: ({ nodeName }) => nodeName ?? '',
  group_by_tpg: ({ tpg }) => tpg,
};

function usableOf<T extends Pick<Ranked, 'usable'>>(group: readonly T[]): T[] {
  return group.filter(({ usable }) => usable);
}

/**
 * Mean of what is known of the usable paths' priorities: 0 without usable paths, {@link NO_PRIORITY} if nothing is
 * known.
 */
export function groupPriority(group: ReadonlyArray<Pick<Ranked, 'priority' | 'usable'>>): number {
  const usable = usableOf(group);
  if (usable.length === 0) return 0;
  const known = usable.map(({ priority }) => priority).filter((priority) => priority >= 0);
  return known.length === 0 ? NO_PRIORITY : Math.trunc(known.reduce((sum, p) => sum + p, 0) / known.length);
}

/** One path that can be relied on makes its group one that can be. */
export function isMarginal(group: readonly Ranked[]): boolean {
  return group.length > 0 && group.every(({ marginal }) => marginal);
}

/** Negative if `a` is better. */
function compareGroups(a: readonly Ranked[], b: readonly Ranked[]): number {
  const byMarginality = Number(isMarginal(a)) - Number(isMarginal(b));
  if (byMarginality !== 0) return byMarginality;
  const byPriority = groupPriority(b) - groupPriority(a);
  return byPriority !== 0 ? byPriority : usableOf(b).length - usableOf(a).length;
}

/** In the order of their first paths. */
function groupBy<T extends GroupMember>(paths: readonly T[], key: Key): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const path of paths) {
    const group = groups.get(key(path));
    if (group === undefined) groups.set(key(path), [path]);
    else group.push(path);
  }
  return [...groups.values()];
}

/**
 * The groups, the best first; equal ones, and paths within a group, in the order in which the paths
 * are given. `marginalApart` (`marginal_pathgroups`): no group has both kinds of paths.
 */
export function groupPaths<T extends GroupMember>(paths: readonly T[], policy: Grouping, marginalApart = false): T[][] {
  const kinds = marginalApart
    ? [paths.filter(({ marginal }) => !marginal), paths.filter(({ marginal }) => marginal)]
    : [paths];
  return kinds.flatMap((kind) => groupBy(kind, KEYS[policy])).sort(compareGroups);
}

/** The 1-based number of the group that I/O should go to: the first where no group is usable. */
export function bestGroup(groups: ReadonlyArray<readonly Ranked[]>): number {
  let best: { number: number; group: readonly Ranked[] } | null = null;
  for (const [i, group] of groups.entries()) {
    if (usableOf(group).length === 0) continue;
    if (best === null || compareGroups(group, best.group) < 0) best = { number: i + 1, group };
  }
  return best?.number ?? 1;
}
