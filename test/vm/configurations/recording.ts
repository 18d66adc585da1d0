import type { Facts } from './facts';

/*
 * What Debian's multipath told of settings, kept so that the parser and the precedence of sections can be tried
 * without a VM: `MPATHD_VM_RECORD=FILE npx jest test/vm/configurations.test.ts` writes it anew.
 */

/** The facts of one case whole, of the others what is not as in that one. */
export interface Recording {
  readonly plain: Readonly<Record<string, string>>;
  readonly cases: Readonly<
    Record<string, { readonly other: Readonly<Record<string, string>>; readonly missing: readonly string[] }>
  >;
}

/** What does not depend on a kernel; entries of tables are recorded where the case changed them. */
const OFFLINE = / setting | wwid$|^(defaults|blacklist|blacklist_exceptions|devices|overrides|multipaths)[ /]/;
const IN_TABLES = /^(devices|blacklist)\//;

/** The facts that are recorded. */
export const offline = (facts: Facts): Facts => new Map([...facts].filter(([fact]) => OFFLINE.test(fact)));

export const record = (plain: Facts, cases: ReadonlyMap<string, Facts>): Recording => {
  const base = offline(plain);
  const changes = (facts: Facts): Recording['cases'][string] => ({
    other: Object.fromEntries([...facts].filter(([fact, value]) => base.get(fact) !== value)),
    missing: [...base.keys()].filter((fact) => !facts.has(fact)),
  });
  return {
    plain: Object.fromEntries([...base].filter(([fact]) => !IN_TABLES.test(fact))),
    cases: Object.fromEntries([...cases].map(([name, facts]) => [name, changes(offline(facts))])),
  };
};

/** The facts of a recorded case, without the built-in tables. */
export const replay = ({ plain, cases }: Recording, name: string): Facts => {
  const recorded = cases[name];
  if (recorded === undefined) throw new Error(`nothing is recorded of ${name}`);
  const facts = new Map([...Object.entries(plain), ...Object.entries(recorded.other)]);
  for (const fact of recorded.missing) facts.delete(fact);
  return facts;
};
