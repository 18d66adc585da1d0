/** The checker `tur`: TEST UNIT READY, and what its answer says of the path. */
import type { CheckedState } from '../../model/facts';
import type { Failure, Reading } from '../../model/failure';
import type { ScsiAnswer } from '../../model/scsi';
import { isHostError } from '../hostErrors';
import type { Exchange } from '../scsi/exchange';
import { describeRefusal } from '../scsi/refusal';
import { describeSense, type Sense, senseOf } from '../scsi/sense';
import { TEST_UNIT_READY } from '../scsi/testUnitReady';

export interface TurResult {
  kind: 'done';
  state: 'up' | 'down' | 'ghost' | 'transitioning';
  message: string;
}

export type TurVerdict =
  | TurResult
  /** Send the command again, if retries are left. `otherwise`: the message if none are left. */
  | { kind: 'retry'; otherwise: string };

/** How often a TEST UNIT READY is sent again after the first one. */
const RETRIES = 4;

/** SAM-5 5.3.1. */
const RESERVATION_CONFLICT = 0x18;

/**
 * Host statuses (include/scsi/scsi_status.h) after which it does not help to send the command again: DID_OK,
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

function judgeFailure({ errno, code, detail }: Failure): TurResult {
  // The check could not begin. This says nothing about the path.
  if (errno === null) return { kind: 'done', state: 'transitioning', message: `not checked: ${detail ?? code}` };
  if (errno === 'ENOTTY') return { kind: 'done', state: 'down', message: "tur checker doesn't support this device" };
  return done(isHostError(errno) ? 'transitioning' : 'down', detail === undefined ? errno : `${detail}: ${errno}`);
}

/** Judges one answer to {@link TEST_UNIT_READY}. */
export function judgeTur(answered: Reading<ScsiAnswer>): TurVerdict {
  if (!answered.ok) return judgeFailure(answered.failure);
  const answer = answered.value;
  if (answer.status === RESERVATION_CONFLICT) return done('up');
  if (!FINAL_HOST_STATUSES.has(answer.hostStatus)) {
    return { kind: 'retry', otherwise: `host status 0x${answer.hostStatus.toString(16)}` };
  }
  // Sense data may come with a command that worked (recovered errors). So the status decides.
  if (answer.status === 0 && answer.hostStatus === 0 && answer.driverStatus === 0) return done('up');
  const sense = senseOf(answer);
  return sense === null ? done('down', describeRefusal(answer)) : judgeSense(sense);
}

/** The result of an answer that asks for a retry, if no retry is left. */
function exhausted(verdict: { kind: 'retry'; otherwise: string }): TurResult {
  return done('down', verdict.otherwise);
}

/** The checker `tur`. */
export function* checkByTur(): Exchange<CheckedState> {
  for (let retries = RETRIES; ; retries--) {
    const verdict = judgeTur(yield TEST_UNIT_READY);
    if (verdict.kind === 'retry' && retries > 0) continue;
    const { state, message } = verdict.kind === 'retry' ? exhausted(verdict) : verdict;
    return { state, message };
  }
}
