/**
 * What the engine can ask a disk, by name: each question is an exchange of SCSI commands, and the text that they come
 * to is the answer. A new question is a line here; a prioritizer's own question needs none.
 */
import type { Reading } from '../model/failure';
import type { DiskAddress } from '../model/identity';
import type { ScsiAnswer, ScsiQuestion } from '../model/scsi';
import { prioritizerRule } from './prioritizers/prioritizers';
import { converse, type Exchange } from './scsi/exchange';
import { askPage } from './scsi/inquiry';

export type DiskQuestion =
  /** VPD page 0x83, hex. */
  | 'identity'
  /** VPD page 0x80, hex: of a disk without page 0x83. */
  | 'serial number'
  /** VPD page 0xC0 (`vpd_vendor hp3par`), hex. */
  | 'vendor page'
  /** What the prioritizer of this name wants to know. */
  | `priority ${string}`;

const PRIORITY = 'priority ';

/** `name`: the disk's kernel name, for texts. null: no such question is known. */
function exchangeOf(question: DiskQuestion, name: string): Exchange<Reading<string>> | null {
  switch (question) {
    case 'identity':
      return askPage({ name, page: 0x83 });
    case 'serial number':
      return askPage({ name, page: 0x80 });
    case 'vendor page':
      return askPage({ name, page: 0xc0 });
    default:
      return prioritizerRule(question.slice(PRIORITY.length))?.ask?.(name) ?? null;
  }
}

/** A question to one disk. */
export interface DiskInquiry extends DiskAddress {
  question: DiskQuestion;
  /** Of each command, ms. */
  timeoutMs: number;
}

/** Asks; `scsi` sends a command. */
export async function askDisk(
  { question, name, devt, diskseq, timeoutMs }: DiskInquiry,
  scsi: (question: ScsiQuestion) => Promise<Reading<ScsiAnswer>>,
): Promise<Reading<string>> {
  const exchange = exchangeOf(question, name);
  if (exchange === null)
    return {
      ok: false,
      failure: { code: 'REFUSED', operation: question, device: name, errno: null, detail: 'no such question is known' },
    };
  return converse(exchange, (order) => scsi({ name, devt, diskseq, timeoutMs, ...order }));
}
