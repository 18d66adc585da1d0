/** Describes why a SCSI command has not worked. */
import type { ScsiAnswer } from '../../model/scsi';
import { describeSense, senseOf } from './sense';

/** The text for an answer whose status is an error: `sense 5/24/00`, `host status 0x1`, `status 0x18`. */
export function describeRefusal(answer: ScsiAnswer): string {
  const sense = senseOf(answer);
  if (sense !== null) return `sense ${describeSense(sense)}`;
  return answer.hostStatus !== 0
    ? `host status 0x${answer.hostStatus.toString(16)}`
    : `status 0x${answer.status.toString(16)}`;
}
