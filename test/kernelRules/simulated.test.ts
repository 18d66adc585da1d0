import { LUN_RULES } from './luns';
import { RULES } from './rules';
import { createSimulatedLun, createSimulatedMachine } from './simulatedMachine';

/* The simulated kernel keeps the rules. test/vm/kernelRules.test.ts tests the same rules on a real kernel. */

describe.each(RULES)('%s', (_, rules) => {
  test.each(rules.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => rule.run(createSimulatedMachine()));
});

describe('LUNs', () => {
  test.each(LUN_RULES.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => rule.run(createSimulatedLun()));
});
