import type { Facts } from './facts';

/*
 * What Debian's multipath made of each configuration, recorded: its tables, names, state files and settings. So a run
 * in the VM has it make only some of them again, which must give what is recorded, and the parser and the precedence of
 * sections are tested without a VM. `MPATHD_VM_RECORD=FILE npx jest test/vm/configurations.test.ts` has it make all and
 * writes the recording anew.
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

/** The facts that a test without a kernel can compare. */
export const offline = (facts: Facts): Facts => new Map([...facts].filter(([fact]) => OFFLINE.test(fact)));

export const record = (plain: Facts, cases: ReadonlyMap<string, Facts>): Recording => {
  const changes = (facts: Facts): Recording['cases'][string] => ({
    other: Object.fromEntries([...facts].filter(([fact, value]) => plain.get(fact) !== value)),
    missing: [...plain.keys()].filter((fact) => !facts.has(fact)),
  });
  return {
    plain: Object.fromEntries([...plain].filter(([fact]) => !IN_TABLES.test(fact))),
    cases: Object.fromEntries([...cases].map(([name, facts]) => [name, changes(facts)])),
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
