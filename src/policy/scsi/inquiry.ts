/** INQUIRY for a VPD page, and the judgement of its answer (SPC-4 6.6, 7.8). */
import type { Failure, FailureCode, Reading } from '../../model/failure';
import type { ScsiAnswer, ScsiOrder } from '../../model/scsi';
import { bytesOfHex, hexOf } from '../hex';
import type { Exchange } from './exchange';
import { describeRefusal } from './refusal';

/** What is asked for, and of which disk, for the text of a failure. */
export interface Inquiry {
  /** Kernel name. */
  name: string;
  /** Page code. */
  page: number;
}

export type InquiryVerdict =
  /** The page, hex, or the reason why there is none. */
  | { kind: 'done'; reading: Reading<string> }
  /** The page is longer: the caller must ask again with room for so many bytes. */
  | { kind: 'longer'; bytes: number };

const OPERATION = 'INQUIRY';
const HEADER = 4;
/** The length that also devices of SPC-2 accept, whose allocation length has one byte. */
export const FIRST_BYTES = 0xff;
const MOST_BYTES = 0xffff;

/** INQUIRY for the page, with room for `bytes` bytes. */
export function inquiryOrder(page: number, bytes: number): ScsiOrder {
  return { command: hexOf([0x12, 0x01, page, bytes >> 8, bytes & 0xff, 0]), direction: 'in', length: bytes };
}

function none(failure: Failure): InquiryVerdict {
  return { kind: 'done', reading: { ok: false, failure: { ...failure, operation: OPERATION } } };
}

/** Judges the answer to {@link inquiryOrder} with room for `bytes`. */
export function judgeInquiry(answered: Reading<ScsiAnswer>, { name, page }: Inquiry, bytes: number): InquiryVerdict {
  if (!answered.ok) return none(answered.failure);
  const bad = (code: FailureCode, detail: string): InquiryVerdict =>
    none({ code, operation: OPERATION, device: name, errno: null, detail });
  const malformed = (detail: string): InquiryVerdict => bad('MALFORMED', detail);
  const answer = answered.value;
  // Sense data may come with a command that worked (recovered errors). So the status decides.
  if (answer.status !== 0 || answer.hostStatus !== 0) return malformed(describeRefusal(answer));
  const data = bytesOfHex(answer.data) ?? new Uint8Array();
  const [first, code, high, low] = data;
  if (first === undefined || code === undefined || high === undefined || low === undefined)
    return malformed(`${data.length} bytes`);
  // SPC-4 table 141: no logical unit is behind this number (now), whatever answers.
  if (first >> 5 !== 0) return bad('NO_LUN', `peripheral qualifier ${first >> 5}: no logical unit`);
  if (code !== page) return malformed(`page 0x${code.toString(16)} in its place`);
  const length = HEADER + (high << 8) + low;
  if (length <= data.length) return { kind: 'done', reading: { ok: true, value: hexOf(data.subarray(0, length)) } };
  return bytes === FIRST_BYTES && length <= MOST_BYTES
    ? { kind: 'longer', bytes: length }
    : malformed(`${data.length} bytes of ${length}`);
}

/** Asks for a page until the page is whole (hex), or until an answer shows why it cannot be read. */
export function* askPage(inquiry: Inquiry): Exchange<Reading<string>> {
  for (let bytes = FIRST_BYTES; ; ) {
    const verdict = judgeInquiry(yield inquiryOrder(inquiry.page, bytes), inquiry, bytes);
    if (verdict.kind === 'done') return verdict.reading;
    bytes = verdict.bytes;
  }
}
