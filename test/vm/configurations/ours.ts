import type { Plan } from '../../../src/engine/plan/plan';
import type { Case } from './cases';
import { type Facts, stateFacts, type StepAnswer, tableFacts } from './facts';
import { configurationFacts } from './printed';
import { configuredFacts, pathsOf, wwidsIn } from './settings';

/* The results of mpathd: its settings in force for the disks, its plan, and the kernel's state afterwards. */

/** What guest/configurations.py shows of a step of mpathd. */
export interface OurAnswer extends StepAnswer {
  /** `mpathd plan json`, from before the step. */
  readonly plan: string;
  /** One line for each path: name, WWID, priority and dm's state. */
  readonly paths: string;
}

const pathFacts = (text: string): Array<[string, string]> =>
  text.split('\n').flatMap((line) => {
    const [name = '', wwid = '', priority] = line.split('|').map((word) => word.trim());
    if (priority === undefined) return [];
    const known: Array<[string, string]> = wwid === '' ? [] : [[`${name} wwid`, wwid]];
    return [...known, [`${name} priority`, priority]];
  });

const planOf = (answer: OurAnswer): Plan => JSON.parse(answer.plan) as Plan;

const plannedFacts = (plan: Plan): Array<[string, string]> =>
  plan.maps.flatMap(({ wwid, after, steps }) => {
    const loads = steps.some(({ step }) => step === 'create' || step === 'reload');
    return after === null || !loads
      ? []
      : tableFacts(after.table).map(([key, text]): [string, string] => [`${wwid} loaded ${key}`, text]);
  });

/** The facts of a step of mpathd. `plain`: its answer to the case of this name, in which every path has a WWID. */
export const ourFacts = (one: Case, answer: OurAnswer, plain: OurAnswer): Facts => {
  const wwids = (of: OurAnswer): Map<string, string> => wwidsIn(new Map(pathFacts(of.paths)));
  return new Map([
    ...configuredFacts(one, pathsOf(wwids(plain), wwids(answer))),
    ...configurationFacts(answer.config),
    ...pathFacts(answer.paths),
    ...plannedFacts(planOf(answer)),
    ...stateFacts(answer),
  ]);
};

/** A name in the form in which libdevmapper reads it: `a\x20b` is `a b`. */
const unmangled = (name: string): string =>
  name.replace(/\\x([0-9a-f]{2})/g, (_, byte: string) => String.fromCharCode(parseInt(byte, 16)));

/**
 * The WWIDs with a path that a check has failed meanwhile. Another checker may find a path down that was up at the time
 * of the plan, for example a standby port by a read. The group of this path goes behind the others, which no plan can
 * know.
 */
const withFailedPath = (answer: OurAnswer): ReadonlySet<string> =>
  new Set(
    answer.paths
      .split('\n')
      .map((line) => line.split('|').map((word) => word.trim()))
      .filter((words) => words[3] === 'failed')
      .map(([, wwid = '']) => wwid),
  );

/** The value in a form that is the same for a table from the kernel and a table written for it. */
const shapeOf = (key: string, value: string, failed: ReadonlySet<string>): string => {
  if (key.endsWith(' groups')) {
    const groups = value.replace(/\([^)]*\)/g, '');
    return failed.has(key.split(' ')[0] ?? '') ? groups.split(' | ').sort().join(' | ') : groups;
  }
  // The kernel has its own order, and adds features that it always has.
  if (key.endsWith(' features'))
    return value
      .split(' ')
      .filter((word) => word !== 'retain_attached_hw_handler')
      .sort()
      .join(' ');
  return key.endsWith(' alias') ? unmangled(value) : value;
};

const COMPARED = / (alias|features|handler|groups)$/;

/** Names and tables as they were planned. */
export const plannedShapes = (answer: OurAnswer): Record<string, string> =>
  Object.fromEntries(
    planOf(answer)
      .maps.flatMap(
        ({ wwid, after }): Array<[string, string]> =>
          after === null
            ? []
            : [
                [`${wwid} alias`, after.alias],
                ...tableFacts(after.table).map(([key, value]): [string, string] => [`${wwid} ${key}`, value]),
              ],
      )
      .filter(([key]) => COMPARED.test(key))
      .map(([key, value]) => [key, shapeOf(key, value, withFailedPath(answer))]),
  );

/** Names and tables as they are. */
export const madeShapes = (answer: OurAnswer): Record<string, string> =>
  Object.fromEntries(
    stateFacts(answer)
      .filter(([key]) => COMPARED.test(key))
      .map(([key, value]) => [key, shapeOf(key, value, withFailedPath(answer))]),
  );
