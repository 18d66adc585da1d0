/** Administrators' commands that are not answered yet. */
import type { Ms } from '../../model/units';
import type { ReconcileContext } from '../reconcile/state';
import type { AuditState } from './audit';
import type { Condition } from './commands';

export interface Waiter {
  request: number;
  /** Engine time, ms, at which the answer is "timeout". */
  deadline: Ms;
  /** Looked at after every step. */
  condition: Condition;
}

export interface CommandsState extends AuditState {
  readonly waiters: Waiter[];
}

export type CommandsContext = ReconcileContext & CommandsState;

/** Nobody waits. */
export function createCommands(): CommandsState {
  return { waiters: [], audits: [] };
}
