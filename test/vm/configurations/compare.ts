import { type Difference, differencesOf, type Facts } from './facts';

/** A difference that is as it should be. Each that is given must occur. */
export interface Wanted {
  /** The cases in which it occurs, all of these; absent: in any. */
  readonly cases?: readonly string[];
  readonly fact: RegExp;
  /** What each side has; absent: whatever it is. null: it does not have that. */
  readonly theirs?: RegExp | null;
  readonly ours?: RegExp | null;
  readonly because: string;
}

const fits = (value: string | null, wanted: RegExp | null | undefined): boolean => {
  if (wanted === undefined) return true;
  return wanted === null || value === null ? value === wanted : wanted.test(value);
};

const covers = (wanted: Wanted, name: string, one: Difference): boolean =>
  (wanted.cases?.includes(name) ?? true) &&
  wanted.fact.test(one.fact) &&
  fits(one.theirs, wanted.theirs) &&
  fits(one.ours, wanted.ours);

const shown = (value: string | null): string => (value === null ? 'nothing' : JSON.stringify(value));

/** What comes of a comparison: the differences that nobody wanted, in words, and the wanted ones that were seen. */
export interface Comparison {
  readonly unwanted: readonly string[];
  readonly seen: ReadonlySet<Wanted>;
}

/** Compares what came of one case. */
export const compareFacts = (name: string, theirs: Facts, ours: Facts, table: readonly Wanted[]): Comparison => {
  const seen = new Set<Wanted>();
  const unwanted = differencesOf(theirs, ours).filter((one) => {
    const covering = table.filter((wanted) => covers(wanted, name, one));
    covering.forEach((wanted) => seen.add(wanted));
    return covering.length === 0;
  });
  return { unwanted: unwanted.map((one) => `${one.fact}: theirs ${shown(one.theirs)}, ours ${shown(one.ours)}`), seen };
};

/** Wanted differences that did not occur where they should have; `comparisons` by the names of their cases. */
export const unseen = (table: readonly Wanted[], comparisons: ReadonlyMap<string, Comparison>): string[] =>
  table.flatMap((wanted) => {
    const seenIn = [...comparisons].filter(([, { seen }]) => seen.has(wanted)).map(([name]) => name);
    const missing =
      wanted.cases === undefined
        ? seenIn.length > 0
          ? []
          : ['any case']
        : wanted.cases.filter((name) => !seenIn.includes(name));
    return missing.map((where) => `${String(wanted.fact)} in ${where}: ${wanted.because}`);
  });

/** Tables that are built in differ from release to release; entries of files are what a case is about. */
const IN_TABLES = /^(devices|blacklist)\//;

/** The facts without the built-in entries, which `plain`, the case without an entry of its own, has as well. */
export const withoutBuiltIn = (facts: Facts, plain: Facts): Facts =>
  new Map([...facts].filter(([fact, value]) => !IN_TABLES.test(fact) || plain.get(fact) !== value));
