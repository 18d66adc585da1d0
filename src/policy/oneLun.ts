/** The division of paths that share a WWID by the LUNs to which they lead by their own word: one LUN to a map. */
import type { Path } from '../model/path';
import { compareLuns, type SameLun, spellsWwid } from './compareLuns';

export interface LunVerdict {
  /** No two of these paths contradict each other. */
  kept: Path[];
  /** Each other path, with a kept path that it contradicts. */
  others: Array<{ path: Path; than: Path }>;
}

/** Compares two paths. The pages are parsed only if their best names differ, which they nearly never do. */
function compare(one: Path, other: Path): SameLun {
  const [mine, theirs] = [one.identifiedBy?.sysfs ?? null, other.identifiedBy?.sysfs ?? null];
  if (mine !== null && mine === theirs && one.facts?.bus === other.facts?.bus) return 'same';
  return one.facts === null || other.facts === null ? 'unknown' : compareLuns(one.facts, other.facts);
}

/** Whether the path's disk itself gives this WWID. */
export function givesWwid(wwid: string, { identifiedBy, facts }: Path): boolean {
  return identifiedBy?.sysfs === wwid || (facts !== null && spellsWwid(facts, wwid));
}

/** One path of each best name, and each path without one: paths with one best name never contradict each other. */
function distinct(paths: readonly Path[]): Path[] {
  const found = new Set<string>();
  return paths.filter((path) => isNewName(found, path));
}

/** Adds the path's best name; true if it was not there, or if the path has none. */
function isNewName(found: Set<string>, { identifiedBy, facts }: Path): boolean {
  const name = identifiedBy?.sysfs ?? null;
  if (name === null) return true;
  const key = `${facts?.bus ?? ''} ${name}`;
  if (found.has(key)) return false;
  found.add(key);
  return true;
}

/** Takes the paths in their order, and refuses each one that contradicts a path taken before. */
function takeInOrder(paths: readonly Path[]): LunVerdict {
  const verdict: LunVerdict = { kept: [], others: [] };
  const seen = new Set<string>();
  const compared: Path[] = [];
  for (const path of paths) {
    const than = compared.find((one) => compare(one, path) === 'other');
    if (than !== undefined) {
      verdict.others.push({ path, than });
      continue;
    }
    verdict.kept.push(path);
    if (isNewName(seen, path)) compared.push(path);
  }
  return verdict;
}

/** Paths that say that they lead to one LUN, as a whole. */
interface Cluster {
  paths: Path[];
  weight: readonly [serving: number, active: number, members: number];
}

function clustersOf(members: readonly Path[], serving: ReadonlySet<string>): Cluster[] {
  const clusters: Path[][] = [];
  for (const path of members) {
    const home = clusters.find(([first]) => first !== undefined && compare(first, path) === 'same');
    if (home === undefined) clusters.push([path]);
    else home.push(path);
  }
  return clusters.map((paths) => {
    const active = paths.filter(({ dmState }) => dmState === 'active');
    return { paths, weight: [active.filter(({ devt }) => serving.has(devt)).length, active.length, paths.length] };
  });
}

const heavier = (one: Cluster, other: Cluster): number =>
  other.weight[0] - one.weight[0] || other.weight[1] - one.weight[1] || other.weight[2] - one.weight[2];

/**
 * Which paths of an existing map stay, and which may join. `members`: the paths in its table, in the table's order.
 * `serving`: the numbers (dev_t) of the paths in the group that the kernel uses.
 *
 * A member is never put out for a path that is not in the table: I/O of the map's user has gone to the member's LUN.
 * Among members the map's own name decides, which is its LUN's WWID. If no member gives this WWID (somebody has chosen
 * another name for the LUN), the LUN stays that most I/O goes to.
 */
export function divideMap(
  wwid: string,
  members: readonly Path[],
  joining: readonly Path[],
  serving: ReadonlySet<string>,
): LunVerdict {
  const plain = takeInOrder([...members, ...joining]);
  if (plain.others.length === 0) return plain;
  const named = members.filter((path) => givesWwid(wwid, path));
  const [heaviest] = named.length > 0 ? [] : clustersOf(members, serving).sort(heavier);
  const first = named.length > 0 ? named : (heaviest?.paths ?? []);
  return takeInOrder([...first, ...members.filter((path) => !first.includes(path)), ...joining]);
}

/**
 * Which paths a new map may have. If paths contradict each other, only those that give the map's WWID themselves may
 * get it. If none does, or if they contradict each other, no path is kept: nobody can know which LUN is meant.
 */
export function divideNew(wwid: string, paths: readonly Path[]): LunVerdict {
  const plain = takeInOrder(paths);
  const [first] = plain.others;
  if (first === undefined) return plain;
  const named = paths.filter((path) => givesWwid(wwid, path));
  if (named.length > 0 && takeInOrder(named).others.length === 0)
    return takeInOrder([...named, ...paths.filter((path) => !named.includes(path))]);
  const all = distinct(paths);
  const others = paths.map((path) => {
    const than = all.find((other) => compare(path, other) === 'other');
    return { path, than: than ?? (first.than === path ? first.path : first.than) };
  });
  return { kept: [], others };
}
