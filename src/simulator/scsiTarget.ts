/** The answers of a simulated LUN to SCSI commands. */
import type { ScsiAnswer } from '../model/scsi';
import { hexOf } from '../policy/hex';
import { identityOf, supportedPages } from './identityPages';
import type { Kernel } from './kernel';
import { tellAttention } from './rescan';
import type { PathAnswer, SimDisk } from './world';

const CHECK_CONDITION = 0x02;
/** include/scsi/scsi_status.h. */
const DID_NO_CONNECT = 0x01;

const [NOT_READY, ILLEGAL_REQUEST, UNIT_ATTENTION] = [0x2, 0x5, 0x6];

/** Operation codes, SPC-4 table A.2. */
const [TEST_UNIT_READY, INQUIRY] = [0x00, 0x12];

/** Fixed format sense data, 18 bytes (SPC-4, 4.5.3). */
function senseData(key: number, asc: number, ascq: number): string {
  const sense = new Uint8Array(18);
  sense.set([0x70, 0, key, 0, 0, 0, 0, 10]);
  sense.set([asc, ascq], 12);
  return hexOf(sense);
}

const GOOD: ScsiAnswer = { status: 0, hostStatus: 0, driverStatus: 0, sense: '', data: '' };
const NO_CONNECTION: ScsiAnswer = { ...GOOD, hostStatus: DID_NO_CONNECT };

const checkCondition = (key: number, asc: number, ascq: number): ScsiAnswer => ({
  ...GOOD,
  status: CHECK_CONDITION,
  sense: senseData(key, asc, ascq),
});

const INVALID_OPERATION_CODE = checkCondition(ILLEGAL_REQUEST, 0x20, 0x00);
const INVALID_FIELD_IN_CDB = checkCondition(ILLEGAL_REQUEST, 0x24, 0x00);

/** Additional sense codes by the event's name: drivers/scsi/scsi_error.c, scsi_report_sense. */
const ATTENTIONS: Readonly<Record<string, readonly [number, number]>> = {
  INQUIRY_DATA_HAS_CHANGED: [0x3f, 0x03],
  REPORTED_LUNS_DATA_HAS_CHANGED: [0x3f, 0x0e],
  CAPACITY_DATA_HAS_CHANGED: [0x2a, 0x09],
};
const POWER_ON_RESET = [0x29, 0x00] as const;

/** The answer to TEST UNIT READY. A path that hangs gives no answer in time. */
function unitAnswer(answer: Exclude<PathAnswer, 'hangs'>): ScsiAnswer {
  switch (answer) {
    case 'up':
      return GOOD;
    case 'ghost':
      return checkCondition(NOT_READY, 0x04, 0x0b);
    case 'transitioning':
      return checkCondition(NOT_READY, 0x04, 0x0a);
    case 'down':
      return NO_CONNECTION;
  }
}

const ascii = (text: string, bytes: number): number[] =>
  Array.from(text.padEnd(bytes).slice(0, bytes), (letter) => letter.charCodeAt(0) & 0x7f);

/** SPC-4 6.6.2: a direct access device of SPC-4, 36 bytes. */
function standardInquiry({ vendor, model, revision, accessState }: SimDisk): string {
  const tpgs = accessState === null ? 0 : 0x10;
  const head = [0x00, 0x00, 0x06, 0x02, 36 - 5, tpgs, 0x00, 0x02];
  return hexOf([...head, ...ascii(vendor, 8), ...ascii(model, 16), ...ascii(revision, 4)]);
}

/** A VPD page of the LUN that is behind the disk now, whatever the kernel's copy is; null: the LUN has no such page. */
function vpdPage(disk: SimDisk, page: number): string | null {
  const identity = (): ReturnType<typeof identityOf> => identityOf(disk.unseen?.wwid ?? disk.wwid, disk.hcil);
  switch (page) {
    case 0x00:
      return supportedPages([0x00, 0x80, 0x83, ...(disk.vpdC0 === null ? [] : [0xc0])]);
    case 0x80:
      return identity().vpd80;
    case 0x83:
      return identity().vpd83;
    case 0xc0:
      return disk.vpdC0;
    default:
      return null;
  }
}

/** Answers like LIO: the code of a page that it does not have is an invalid field (SPC-4 4.5.6). */
function answerInquiry(disk: SimDisk, cdb: Uint8Array, room: number): ScsiAnswer {
  const [, flags = 0, page = 0, high = 0, low = 0] = cdb;
  const isPage = (flags & 1) !== 0;
  const data = isPage ? vpdPage(disk, page) : page === 0 ? standardInquiry(disk) : null;
  if (data === null) return INVALID_FIELD_IN_CDB;
  return { ...GOOD, data: data.slice(0, 2 * Math.min((high << 8) | low, room)) };
}

/** Takes the pending unit attention, which is the answer now; null: there is none. */
function attention(kernel: Kernel, disk: SimDisk): ScsiAnswer | null {
  const pending = disk.unseen?.attention ?? null;
  if (pending === null) return null;
  tellAttention(kernel, disk);
  return checkCondition(UNIT_ATTENTION, ...(ATTENTIONS[pending] ?? POWER_ON_RESET));
}

/** Whether the command is INQUIRY, which gets no unit attention (SPC-4 5.14). */
export const isInquiry = (cdb: Uint8Array): boolean => cdb[0] === INQUIRY;

/** The answer to any command, through a path that does not hang, with `room` for data from the LUN. */
export function answerTo(kernel: Kernel, disk: SimDisk, cdb: Uint8Array, room: number): ScsiAnswer {
  const { answer } = disk;
  if (answer === 'down' || answer === 'hangs') return NO_CONNECTION;
  if (isInquiry(cdb)) return answerInquiry(disk, cdb, room);
  const told = attention(kernel, disk);
  if (told !== null) return told;
  return cdb[0] === TEST_UNIT_READY ? unitAnswer(answer) : INVALID_OPERATION_CODE;
}
