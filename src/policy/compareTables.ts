/** Does the kernel have the table that is wanted? Not word for word: it prints more than was loaded. */
import type { MultipathTable, TableGroup, TablePath } from '../model/table';

/** What of a table differs: its settings, its paths, or only which of them share a group. */
export type DifferenceKind = 'settings' | 'paths' | 'groups';

/** `difference` says in words what a reload would change. */
export type TableComparison =
  | { same: true; difference: null }
  | { same: false; difference: string; kind: DifferenceKind };

const SAME: TableComparison = { same: true, difference: null };

const FEATURES_WITH_VALUE = new Set(['pg_init_retries', 'pg_init_delay_msecs', 'queue_mode']);

/** multipath_status leaves out what is the default; retaining the handler is what kernels since 4.3 always do. */
const UNPRINTED = new Set(['retain_attached_hw_handler', 'queue_mode rq', 'queue_mode mq', 'pg_init_retries 0']);

function featureSet(words: readonly string[]): string[] {
  const found: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const value = FEATURES_WITH_VALUE.has(word) ? words[++i] : undefined;
    found.push(value === undefined ? word : `${word} ${value}`);
  }
  return [...new Set(found.filter((feature) => !UNPRINTED.has(feature)))].sort();
}

/** bio- or request-based, as the features say; what is not said is request-based. */
export function queueModeOf(table: MultipathTable): 'bio' | 'rq' {
  return featureSet(table.features).includes('queue_mode bio') ? 'bio' : 'rq';
}

/** service-time loaded with `1 8:0 1` reads back as `2 8:0 1 1`: defaults are printed behind what was given. */
function startsWith(have: readonly string[], want: readonly string[]): boolean {
  return want.every((word, i) => have[i] === word);
}

function sameSelector(have: string, want: string): boolean {
  const [haveName, , ...haveArgs] = have.split(' ');
  const [wantName, , ...wantArgs] = want.split(' ');
  return haveName === wantName && startsWith(haveArgs, wantArgs);
}

function devtsOf(group: TableGroup): string {
  return group.paths
    .map(({ devt }) => devt)
    .sort()
    .join(' ');
}

function words(list: readonly string[]): string {
  return list.length === 0 ? 'none' : list.join(' ');
}

function compareFeatures(have: MultipathTable, want: MultipathTable): string | null {
  const left = words(featureSet(have.features));
  const right = words(featureSet(want.features));
  return left === right ? null : `features are ${left}, wanted are ${right}`;
}

/**
 * A handler that the kernel has attached is retained, whatever the table asks for; a bio-based map
 * never has one (dm-mpath.c, parse_hw_handler, drops it without an error).
 */
function compareHandlers(have: MultipathTable, want: MultipathTable): string | null {
  if (queueModeOf(want) === 'bio') return null;
  return have.handler.length === 0 && want.handler.length > 0
    ? `there is no hardware handler, wanted is ${words(want.handler)}`
    : null;
}

function membersOf(table: MultipathTable): string[] {
  return table.groups.flatMap((group) => group.paths.map(({ devt }) => devt));
}

function compareMembers(have: MultipathTable, want: MultipathTable): string | null {
  const left = membersOf(have);
  const right = membersOf(want);
  const missing = right.filter((devt) => !left.includes(devt));
  const surplus = left.filter((devt) => !right.includes(devt));
  const parts = [
    ...(missing.length === 0 ? [] : [`${missing.join(' ')} missing`]),
    ...(surplus.length === 0 ? [] : [`${surplus.join(' ')} not wanted`]),
  ];
  return parts.length === 0 ? null : `paths: ${parts.join(', ')}`;
}

/** Since 4.6 every selector takes a repeat count (the first argument) above 1 for 1, and prints that. */
function sameArgs(have: readonly string[], want: readonly string[]): boolean {
  const clamped = have[0] === '1' && want[0] !== undefined ? ['1', ...want.slice(1)] : want;
  return startsWith(have, clamped);
}

function comparePaths(have: readonly TablePath[], want: readonly TablePath[]): string | null {
  for (const path of want) {
    const args = have.find(({ devt }) => devt === path.devt)?.args ?? [];
    if (!sameArgs(args, path.args)) {
      return `arguments of ${path.devt} are ${words(args)}, wanted are ${words(path.args)}`;
    }
  }
  return null;
}

function compareSelectors(have: MultipathTable, want: MultipathTable): string | null {
  const wanted = want.groups[0]?.selector;
  const other = wanted === undefined ? undefined : have.groups.find(({ selector }) => !sameSelector(selector, wanted));
  return other === undefined ? null : `selector is ${other.selector}, wanted is ${wanted}`;
}

function compareArguments(have: MultipathTable, want: MultipathTable): string | null {
  return comparePaths(
    have.groups.flatMap(({ paths }) => paths),
    want.groups.flatMap(({ paths }) => paths),
  );
}

function compareGroups(have: MultipathTable, want: MultipathTable): string | null {
  const left = have.groups.map(devtsOf);
  for (const devts of want.groups.map(devtsOf)) {
    const at = left.indexOf(devts);
    if (at < 0) return `${devts} are not a group`;
    left.splice(at, 1);
  }
  return left[0] === undefined ? null : `${left[0]} should not be a group`;
}

/** Whether the groups stand in the same order, if they are the same. */
export function sameOrder(have: MultipathTable, want: MultipathTable): boolean {
  return (
    have.groups.length === want.groups.length &&
    want.groups.every((group, at) => {
      const other = have.groups[at];
      return other !== undefined && devtsOf(other) === devtsOf(group);
    })
  );
}

type Comparison = (have: MultipathTable, want: MultipathTable) => string | null;

/** The first that differs is told: groups last, as what else differs is never a matter of priorities. */
const COMPARISONS: ReadonlyArray<[DifferenceKind, Comparison]> = [
  ['settings', compareFeatures],
  ['settings', compareHandlers],
  ['paths', compareMembers],
  ['settings', compareSelectors],
  ['settings', compareArguments],
  ['groups', compareGroups],
];

const sameWords = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && startsWith(a, b);

const samePath = (a: TablePath | undefined, b: TablePath): boolean =>
  a !== undefined && a.devt === b.devt && sameWords(a.args, b.args);

/** In the same order even: what nearly every comparison finds, without a list to be made or sorted. */
function isLiterallySame(have: MultipathTable, want: MultipathTable): boolean {
  return (
    have.groups.length === want.groups.length &&
    sameWords(have.features, want.features) &&
    sameWords(have.handler, want.handler) &&
    want.groups.every((group, at) => {
      const other = have.groups[at];
      if (other === undefined || other.selector !== group.selector || other.paths.length !== group.paths.length)
        return false;
      return group.paths.every((path, i) => samePath(other.paths[i], path));
    })
  );
}

/**
 * Compares the kernel's table with the wanted one. The order of features, groups and paths does not
 * count, nor does the initial group: that is a message to the map, not a reload.
 */
export function sameTable(have: MultipathTable, want: MultipathTable): TableComparison {
  if (isLiterallySame(have, want)) return SAME;
  for (const [kind, compare] of COMPARISONS) {
    const difference = compare(have, want);
    if (difference !== null) return { same: false, difference, kind };
  }
  return SAME;
}
