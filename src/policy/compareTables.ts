/**
 * Decides whether the kernel has the wanted table. The texts need not be equal: the kernel prints more than was loaded.
 */
import type { MultipathTable, TableGroup, TablePath } from '../model/table';

/** The kind of a difference between tables: settings, paths, or only the division of paths into groups. */
export type DifferenceKind = 'settings' | 'paths' | 'groups';

/** `difference` says in words what a reload would change. */
export type TableComparison =
  | { same: true; difference: null }
  | { same: false; difference: string; kind: DifferenceKind };

const SAME: TableComparison = { same: true, difference: null };

const FEATURES_WITH_VALUE = new Set(['pg_init_retries', 'pg_init_delay_msecs', 'queue_mode']);

/** multipath_status does not print features with their default value. Kernels since 4.3 always retain the handler. */
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

/** bio-based or request-based, by the features. Without a feature it is request-based. */
export function queueModeOf(table: MultipathTable): 'bio' | 'rq' {
  return featureSet(table.features).includes('queue_mode bio') ? 'bio' : 'rq';
}

/**
 * True if `have` begins with `want`. service-time loaded with `1 8:0 1` reads back as `2 8:0 1 1`: the kernel prints
 * default arguments after the given ones.
 */
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
 * The kernel retains a handler that it has attached, whatever the table asks for. A bio-based map never has a handler
 * (dm-mpath.c, parse_hw_handler, drops it without an error).
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

/** Since 4.6 every selector changes a repeat count (the first argument) above 1 to 1, and prints 1. */
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
    if (at < 0) return `${devts} should be one path group`;
    left.splice(at, 1);
  }
  return left[0] === undefined ? null : `${left[0]} should not be a path group`;
}

/** For tables with the same groups: whether the groups have the same order. */
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

/**
 * The comparisons in their order; the first difference is reported. Groups come last: any other difference does not
 * come from priorities.
 */
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

/**
 * True if the tables are equal and even in the same order. Nearly all tables are, and this check makes and sorts no
 * list.
 */
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
 * Compares the kernel's table with the wanted one. The order of features, groups and paths does not count. Neither does
 * the initial group: mpathd sets it by a message to the map and not by a reload.
 */
export function sameTable(have: MultipathTable, want: MultipathTable): TableComparison {
  if (isLiterallySame(have, want)) return SAME;
  for (const [kind, compare] of COMPARISONS) {
    const difference = compare(have, want);
    if (difference !== null) return { same: false, difference, kind };
  }
  return SAME;
}
