/** INQUIRY for a VPD page, and what its answer means (SPC-4 6.4, 7.8). */
import { decodeSense, describeSense } from './sense';

/** What the kernel answered: a failed system call, or the command's statuses, sense data and data. */
export type InquiryAnswer =
  | { errno: string; step: string }
  | { errno: null; status: number; hostStatus: number; driverStatus: number; sense: Uint8Array; data: Uint8Array };

export type InquiryVerdict =
  | { kind: 'page'; page: Uint8Array }
  /** There is more of it: to be asked for again with room for so many bytes. */
  | { kind: 'longer'; bytes: number }
  /** No answer to the question. `errno`: null if the device has answered. */
  | { kind: 'none'; errno: string | null; why: string };

/** Pages that are asked for: device identification, and 3PAR's own. */
export type VpdPage = 0x83 | 0xc0;

const HEADER = 4;
/** What devices of SPC-2 take, whose allocation length has one byte. */
export const FIRST_BYTES = 0xff;
const MOST_BYTES = 0xffff;

/** With room for `bytes`. */
export function inquiryCdb(page: VpdPage, bytes: number): Uint8Array {
  return Uint8Array.of(0x12, 0x01, page, bytes >> 8, bytes & 0xff, 0);
}

function refusal(answer: Extract<InquiryAnswer, { errno: null }>): string {
  const sense = decodeSense(answer.sense);
  if (sense !== null) return `sense ${describeSense(sense)}`;
  return answer.hostStatus !== 0
    ? `host status 0x${answer.hostStatus.toString(16)}`
    : `status 0x${answer.status.toString(16)}`;
}

/** Judges an answer to {@link inquiryCdb} with room for `bytes`. */
export function judgeInquiry(answer: InquiryAnswer, page: VpdPage, bytes: number): InquiryVerdict {
  const none = (why: string): InquiryVerdict => ({ kind: 'none', errno: null, why });
  if (answer.errno !== null) return { kind: 'none', errno: answer.errno, why: answer.step };
  // Sense data may come with a command that worked (recovered errors): only errors are judged.
  if (answer.status !== 0 || answer.hostStatus !== 0) return none(refusal(answer));
  const { data } = answer;
  const [first, code, high, low] = data;
  if (first === undefined || code === undefined || high === undefined || low === undefined)
    return none(`${data.length} bytes`);
  // SPC-4 table 141: no logical unit is behind this number (now), whoever answers.
  if (first >> 5 !== 0) return none(`peripheral qualifier ${first >> 5}: no logical unit`);
  if (code !== page) return none(`page 0x${code.toString(16)} in its place`);
  const length = HEADER + (high << 8) + low;
  if (length <= data.length) return { kind: 'page', page: data.subarray(0, length) };
  return bytes === FIRST_BYTES && length <= MOST_BYTES
    ? { kind: 'longer', bytes: length }
    : none(`${data.length} bytes of ${length}`);
}
