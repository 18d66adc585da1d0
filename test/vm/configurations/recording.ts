import type { Facts } from './facts';

/*
 * The settings that Debian's multipath showed, recorded so that the parser and the precedence of sections can be tested
 * without a VM. `MPATHD_VM_RECORD=FILE npx jest test/vm/configurations.test.ts` writes the recording anew.
 */

/** All facts of one case; of the other cases only the facts that differ from it. */
export interface Recording {
  readonly plain: Readonly<Record<string, string>>;
  readonly cases: Readonly<
    Record<string, { readonly other: Readonly<Record<string, string>>; readonly missing: readonly string[] }>
  >;
}

/** Facts that do not depend on a kernel. Entries of tables are recorded if the case changed them. */
const OFFLINE = / setting | wwid$|^(defaults|blacklist|blacklist_exceptions|devices|overrides|multipaths)[ /]/;
const IN_TABLES = /^(devices|blacklist)\//;

/** The facts that the recording contains. */
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
