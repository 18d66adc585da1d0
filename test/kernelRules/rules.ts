/* All rules, by subject. */
import { DISK_RULES } from './disks';
import type { Rule } from './machine';
import { NAME_RULES } from './names';
import { NUMBER_RULES } from './numbers';
import { REFUSAL_RULES } from './refusals';
import { TABLE_RULES } from './tables';
import { UEVENT_RULES } from './uevents';

/** What must hold on any kernel, the simulated one and the real one. */
export const RULES: ReadonlyArray<readonly [subject: string, rules: readonly Rule[]]> = [
  ['tables', TABLE_RULES],
  ['event numbers', NUMBER_RULES],
  ['names', NAME_RULES],
  ['refusals', REFUSAL_RULES],
  ['disks', DISK_RULES],
  ['uevents', UEVENT_RULES],
];
