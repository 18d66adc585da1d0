/** All prioritizers by their names in multipath.conf (`prio`): a new one is a line here, and a file beside. */
import { ACCESS_STATE } from './accessState';
import { HP_SW } from './hpSw';
import { IET } from './iet';
import { RANDOM } from './random';
import type { PrioritizerRule, Subject } from './rule';
import { WEIGHTED_PATH } from './weightedPath';

/** A prioritizer and its arguments. */
export interface Prioritizer {
  name: string;
  args: string;
}

const CONST: PrioritizerRule = { priorityOf: () => 1 };

const PRIORITIZERS: ReadonlyMap<string, PrioritizerRule> = new Map([
  ['const', CONST],
  ['none', CONST],
  ['sysfs', ACCESS_STATE],
  ['alua', ACCESS_STATE],
  ['weightedpath', WEIGHTED_PATH],
  ['iet', IET],
  ['random', RANDOM],
  ['hp_sw', HP_SW],
]);

/** The prioritizer of this name; undefined: mpathd does not have it. */
export const prioritizerRule = (name: string): PrioritizerRule | undefined => PRIORITIZERS.get(name);

/** The path's priority, or NO_PRIORITY. */
export function priorityOf({ name, args }: Prioritizer, known: Omit<Subject, 'args'>): number {
  return (prioritizerRule(name) ?? CONST).priorityOf({ args, ...known });
}
