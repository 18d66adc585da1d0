/** Which paths share a path group, the order of the groups, and which group is the best. */
import { NO_PRIORITY } from '../model/path';

/** The facts of a path by which its group is judged. */
export interface Ranked {
  /** {@link NO_PRIORITY} or more. */
  priority: number;
  /** True if the path is up or ghost. */
  usable: boolean;
  /** True if the path's I/O fails too often. */
  marginal: boolean;
}

/** The facts of a path that decide its group; null if the device does not say. */
export interface GroupMember extends Ranked {
  serial: string | null;
  /** The node name of the target. */
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

/** Paths with the same key share a group. With `failover` no two paths have the same key. */
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
 * The mean of the known priorities of the usable paths: 0 without usable paths, {@link NO_PRIORITY} if no priority is
 * known.
 */
export function groupPriority(group: ReadonlyArray<Pick<Ranked, 'priority' | 'usable'>>): number {
  const usable = usableOf(group);
  if (usable.length === 0) return 0;
  const known = usable.map(({ priority }) => priority).filter((priority) => priority >= 0);
  return known.length === 0 ? NO_PRIORITY : Math.trunc(known.reduce((sum, p) => sum + p, 0) / known.length);
}

/** True if all paths of the group are marginal: one good path makes the group good. */
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

/** The groups in the order of their first paths. */
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
 * The groups, the best first. Equal groups, and paths within a group, keep the order of `paths`. `marginalApart`
 * (`marginal_pathgroups`): no group has both marginal and other paths.
 */
export function groupPaths<T extends GroupMember>(paths: readonly T[], policy: Grouping, marginalApart = false): T[][] {
  const kinds = marginalApart
    ? [paths.filter(({ marginal }) => !marginal), paths.filter(({ marginal }) => marginal)]
    : [paths];
  return kinds.flatMap((kind) => groupBy(kind, KEYS[policy])).sort(compareGroups);
}

/** The 1-based number of the group to which I/O should go: the first group if no group is usable. */
export function bestGroup(groups: ReadonlyArray<readonly Ranked[]>): number {
  let best: { number: number; group: readonly Ranked[] } | null = null;
  for (const [i, group] of groups.entries()) {
    if (usableOf(group).length === 0) continue;
    if (best === null || compareGroups(group, best.group) < 0) best = { number: i + 1, group };
  }
  return best?.number ?? 1;
}
