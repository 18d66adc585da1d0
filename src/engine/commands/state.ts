/** Administrators' commands that are not answered yet. */
import type { DevT, Wwid } from '../../model/identity';
import type { Ms, Seq } from '../../model/units';
import type { ReconcileContext } from '../reconcile/state';

export type Condition =
  /** So many resyncs were applied since start. */
  | { until: 'resynced'; resyncs: number }
  /** The path was read after input `asked`, and has found its place. */
  | { until: 'path-added'; what: string; asked: Seq }
  /** The map's live table names the disk no more; `uuid` null: no map did. */
  | { until: 'disk-released'; what: string; devt: DevT; uuid: string | null }
  /** The kernel queues, or does not, as it should; maps that are gone do not count. */
  | { until: 'queueing-set'; uuids: string[] }
  | { until: 'map-made'; what: string; wwid: Wwid }
  /** `id`: the removal that was begun for it. */
  | { until: 'map-removed'; what: string; uuid: string; wwid: Wwid; id: number };

export interface Waiter {
  request: number;
  /** Engine time, ms, at which the answer is "timeout". */
  deadline: Ms;
  /** Looked at after every step. */
  condition: Condition;
}

/** An audit that was asked for, with the looks taken so far. */
export interface Audit {
  request: number;
  looks: number;
}

export interface CommandsState {
  readonly waiters: Waiter[];
  readonly audits: Audit[];
}

export type CommandsContext = ReconcileContext & CommandsState;

/** Nobody waits. */
export function createCommands(): CommandsState {
  return { waiters: [], audits: [] };
}
