/** The prioritizer `hp_sw`: by which controller has the LUN. */
import { NO_PRIORITY } from '../../model/path';
import { askHpSw } from '../scsi/hpSw';
import type { PrioritizerRule } from './rule';

const PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['active', 4],
  ['standby', 2],
  ['failed', 0],
]);

export const HP_SW: PrioritizerRule = {
  *ask() {
    return { ok: true, value: yield* askHpSw() };
  },
  priorityOf: ({ answer }) => (answer === null ? NO_PRIORITY : (PRIORITIES.get(answer) ?? NO_PRIORITY)),
};
