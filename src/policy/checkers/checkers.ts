/** All checkers by their names in multipath.conf (`path_checker`): a new one is a line here, and a file beside. */
import type { CheckedState, Checker } from '../../model/facts';
import type { Exchange } from '../scsi/exchange';
import { checkByHpSw } from './hpSw';
import { checkByTur } from './tur';

export type CheckerRule =
  /** SCSI commands; `name`: the disk's kernel name, for texts. */
  | { by: 'scsi'; exchange(name: string): Exchange<CheckedState> }
  /** A direct read of one block (judgeRead in read.ts). */
  | { by: 'read' }
  /** Nothing is sent: what sysfs says of the device decides. */
  | { by: 'sysfs' };

export const CHECKERS: Readonly<Record<Checker, CheckerRule>> = {
  tur: { by: 'scsi', exchange: checkByTur },
  hp_sw: { by: 'scsi', exchange: checkByHpSw },
  directio: { by: 'read' },
  readsector0: { by: 'read' },
  none: { by: 'sysfs' },
};

/** What the checker that sends nothing says of a path that sysfs has nothing against. */
export const WORKS_BY_SYSFS: CheckedState = {
  state: 'up',
  message: 'none checker: sysfs has nothing against the path',
};
