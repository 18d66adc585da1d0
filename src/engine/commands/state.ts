/** Administrators' commands that have no answer yet. */
import type { Ms } from '../../model/units';
import type { ReconcileContext } from '../reconcile/state';
import type { AuditState } from './audit';
import type { Condition } from './commands';
import type { ReconfigureState } from './reconfigure';

export interface Waiter {
  request: number;
  /** Engine time, ms, at which the answer is "timeout". */
  deadline: Ms;
  /** The engine looks at the condition after every step. */
  condition: Condition;
}

export interface CommandsState extends AuditState, ReconfigureState {
  readonly waiters: Waiter[];
}

export type CommandsContext = ReconcileContext & CommandsState;

/** The state in which nobody waits. */
export function createCommands(): CommandsState {
  return { waiters: [], audits: [], reconfigures: [] };
}
