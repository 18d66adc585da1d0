import { type Difference, differencesOf, type Facts } from './facts';

/** A wanted difference. Each wanted difference must occur. */
export interface Wanted {
  /** The cases in which it occurs, all of them; absent: any case. */
  readonly cases?: readonly string[];
  readonly fact: RegExp;
  /** The value of each side; absent: any value. null: the side does not have the fact. */
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

/** The result of a comparison: the unwanted differences in words, and the wanted ones that occurred. */
export interface Comparison {
  readonly unwanted: readonly string[];
  readonly seen: ReadonlySet<Wanted>;
}

/** Compares the results of one case. */
export const compareFacts = (name: string, theirs: Facts, ours: Facts, table: readonly Wanted[]): Comparison => {
  const seen = new Set<Wanted>();
  const unwanted = differencesOf(theirs, ours).filter((one) => {
    const covering = table.filter((wanted) => covers(wanted, name, one));
    covering.forEach((wanted) => seen.add(wanted));
    return covering.length === 0;
  });
  return { unwanted: unwanted.map((one) => `${one.fact}: theirs ${shown(one.theirs)}, ours ${shown(one.ours)}`), seen };
};

/** Wanted differences that did not occur in their cases. `comparisons`: by the names of their cases. */
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

/** Built-in tables differ from release to release. A case is about the entries in its files. */
const IN_TABLES = /^(devices|blacklist)\//;

/** The facts without the built-in entries. `plain`, the case without entries of its own, has these, too. */
export const withoutBuiltIn = (facts: Facts, plain: Facts): Facts =>
  new Map([...facts].filter(([fact, value]) => !IN_TABLES.test(fact) || plain.get(fact) !== value));
