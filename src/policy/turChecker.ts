/** The path state after a TEST UNIT READY, as the `tur` checker of multipath-tools decides it. */
import { isHostError } from './hostErrors';
import { decodeSense, describeSense } from './sense';
import type { Sense } from './sense';

/** What the kernel answered: a failed system call, or the command's three statuses and sense data. */
export type TurAnswer =
  | { errno: string; step: string }
  | { errno: null; status: number; hostStatus: number; driverStatus: number; sense: Uint8Array };

export interface TurResult {
  kind: 'done';
  state: 'up' | 'down' | 'ghost' | 'transitioning';
  message: string;
}

export type TurVerdict =
  | TurResult
  /** Send it again, if there are retries left; `otherwise` says how it counts if there are not. */
  | { kind: 'retry'; otherwise: string };

/** How often a TEST UNIT READY is sent again after the first. */
export const TUR_RETRIES = 4;

/** SAM-5 5.3.1. */
const RESERVATION_CONFLICT = 0x18;

/**
 * Host statuses (include/scsi/scsi_status.h) that sending again does not help: DID_OK,
 * DID_NO_CONNECT, DID_BAD_TARGET, DID_ABORT, DID_TRANSPORT_FAILFAST.
 */
const FINAL_HOST_STATUSES: ReadonlySet<number> = new Set([0x00, 0x01, 0x04, 0x05, 0x0f]);

const UNIT_ATTENTION = 0x06;

function done(state: TurResult['state'], detail?: string): TurResult {
  const message = `tur checker reports path is ${state}`;
  return { kind: 'done', state, message: detail === undefined ? message : `${message} (${detail})` };
}

function is(sense: Sense, key: number, asc: number, ascq: number): boolean {
  return sense.key === key && sense.asc === asc && sense.ascq === ascq;
}

function judgeSense(sense: Sense): TurVerdict {
  const words = `sense ${describeSense(sense)}`;
  if (sense.key === UNIT_ATTENTION) return { kind: 'retry', otherwise: words };
  // SPC-4 4.5, table 57: asymmetric access state standby (04/0B) and in transition (04/0A).
  if (is(sense, 0x2, 0x04, 0x0b)) return done('ghost');
  if (is(sense, 0x2, 0x04, 0x0a)) return done('transitioning');
  if (is(sense, 0x5, 0x25, 0x00)) return done('down', 'disconnected: logical unit not supported');
  return done('down', words);
}

/** Judges one answer. */
export function judgeTur(answer: TurAnswer): TurVerdict {
  if (answer.errno !== null) {
    if (answer.errno === 'ENOTTY') {
      return { kind: 'done', state: 'down', message: "tur checker doesn't support this device" };
    }
    return done(isHostError(answer.errno) ? 'transitioning' : 'down', `${answer.step}: ${answer.errno}`);
  }
  if (answer.status === RESERVATION_CONFLICT) return done('up');
  if (!FINAL_HOST_STATUSES.has(answer.hostStatus)) {
    return { kind: 'retry', otherwise: `host status 0x${answer.hostStatus.toString(16)}` };
  }
  // Sense data may come with a command that worked (recovered errors): only errors are judged.
  if (answer.status === 0 && answer.hostStatus === 0 && answer.driverStatus === 0) return done('up');
  const sense = decodeSense(answer.sense);
  if (sense !== null) return judgeSense(sense);
  if (answer.hostStatus !== 0) return done('down', `host status 0x${answer.hostStatus.toString(16)}`);
  return done('down', `status 0x${answer.status.toString(16)}`);
}

/** How an answer counts that asked for a retry when there is none left. */
export function exhausted(verdict: { kind: 'retry'; otherwise: string }): TurResult {
  return done('down', verdict.otherwise);
}
