/** Why a SCSI command has not worked. */
import type { ScsiAnswer } from '../../model/scsi';
import { describeSense, senseOf } from './sense';

/** Of an answer whose status says that it has not: `sense 5/24/00`, `host status 0x1`, `status 0x18`. */
export function describeRefusal(answer: ScsiAnswer): string {
  const sense = senseOf(answer);
  if (sense !== null) return `sense ${describeSense(sense)}`;
  return answer.hostStatus !== 0
    ? `host status 0x${answer.hostStatus.toString(16)}`
    : `status 0x${answer.status.toString(16)}`;
}
