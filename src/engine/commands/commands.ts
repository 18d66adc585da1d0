/**
 * All commands of administrators that change something, and all conditions that their replies may wait for, file by
 * file.
 */
import type { ReconcileContext } from '../reconcile/state';
import type { Conditions, Handlers } from './answer';
import { AUDIT_COMMANDS, type AuditState } from './audit';
import { MAP_COMMANDS, MAP_CONDITIONS, type MapCondition } from './maps';
import { PATH_COMMANDS, PATH_CONDITIONS, type PathCondition } from './paths';
import { QUEUEING_COMMANDS, QUEUEING_CONDITIONS, type QueueingCondition } from './queueing';
import { RECONFIGURE_COMMANDS, type ReconfigureState } from './reconfigure';
import { RESYNC_COMMANDS, RESYNC_CONDITIONS, type ResyncCondition } from './resync';

export type Condition = PathCondition | MapCondition | QueueingCondition | ResyncCondition;

type HandlersContext = ReconcileContext & AuditState & ReconfigureState;

/** A kind of command without a handler does not compile here. A misspelt kind does not compile in its own file. */
export const COMMANDS: Handlers<HandlersContext, Condition> = {
  ...PATH_COMMANDS,
  ...MAP_COMMANDS,
  ...QUEUEING_COMMANDS,
  ...RESYNC_COMMANDS,
  ...RECONFIGURE_COMMANDS,
  ...AUDIT_COMMANDS,
};

export const CONDITIONS: Conditions<HandlersContext, Condition> = {
  ...PATH_CONDITIONS,
  ...MAP_CONDITIONS,
  ...QUEUEING_CONDITIONS,
  ...RESYNC_CONDITIONS,
};
