/** The prioritizers `sysfs` and `alua`: by the state of the path's target port group (ALUA). */
import { NO_PRIORITY } from '../../model/path';
import { type PrioritizerRule, wordsOf } from './rule';

/** By the names in the kernel's scsi_dh_alua. */
const ACCESS_STATES: ReadonlyMap<string, number> = new Map([
  ['active/optimized', 50],
  ['active/non-optimized', 10],
  ['lba-dependent', 5],
  ['standby', 1],
]);

const PREFERRED = 80;

const EXCLUSIVE = 'exclusive_pref_bit';

/** `exclusive`: the preferred bit counts for optimized paths, too. */
function priorityOf(accessState: string | null, preferred: boolean, exclusive: boolean): number {
  if (accessState === null) return NO_PRIORITY;
  const base = ACCESS_STATES.get(accessState) ?? 0;
  return preferred && (exclusive || accessState !== 'active/optimized') ? base + PREFERRED : base;
}

export const ACCESS_STATE: PrioritizerRule = {
  priorityOf: ({ facts, args }) =>
    priorityOf(facts.accessState, facts.preferredPath, wordsOf(args).includes(EXCLUSIVE)),
};
