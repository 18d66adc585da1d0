import type { FailureCode, Reading } from '../../../src/model/failure';
import type { ScsiAnswer, ScsiOrder } from '../../../src/model/scsi';
import { hexOf } from '../../../src/policy/hex';
import { converseAtOnce } from '../../../src/policy/scsi/exchange';
import {
  askPage,
  FIRST_BYTES,
  type Inquiry,
  inquiryOrder,
  type InquiryVerdict,
  judgeInquiry,
} from '../../../src/policy/scsi/inquiry';

const INQUIRY: Inquiry = { name: 'sda', page: 0x83 };

const pageOf = (length: number, announced = length): Uint8Array => {
  const page = new Uint8Array(4 + length).fill(0x5a, 4);
  page.set([0x00, 0x83, announced >> 8, announced & 0xff]);
  return page;
};
const answered = (data: Uint8Array, more: Partial<ScsiAnswer> = {}): Reading<ScsiAnswer> => ({
  ok: true,
  value: { status: 0, hostStatus: 0, driverStatus: 0, sense: '', data: hexOf(data), ...more },
});
const SENSE = '7205240000000000';
const page = (bytes: Uint8Array): InquiryVerdict => ({ kind: 'done', reading: { ok: true, value: hexOf(bytes) } });
const none = (code: string, errno: string | null, detail: string): object => ({
  kind: 'done',
  reading: { ok: false, failure: { code, operation: 'INQUIRY', device: 'sda', errno, detail } },
});

const failed = (code: FailureCode, errno: string | null, detail: string): Reading<ScsiAnswer> => ({
  ok: false,
  failure: { code, operation: 'SG_IO', device: 'sda', errno, detail },
});

test.each<[Inquiry['page'], number, string]>([
  [0x83, FIRST_BYTES, '12018300ff00'],
  [0xc0, FIRST_BYTES, '1201c000ff00'],
  [0x83, 0x1234, '120183123400'],
])('the command for page 0x%x: INQUIRY with EVPD, the page, and 16 bits of length', (code, bytes, command) => {
  expect(inquiryOrder(code, bytes)).toEqual({ command, direction: 'in', length: bytes });
});

describe('an answer with the page', () => {
  test('is the page with its announced length, without the bytes after it', () => {
    const data = new Uint8Array(FIRST_BYTES);
    data.set(pageOf(20));
    expect(judgeInquiry(answered(data), INQUIRY, FIRST_BYTES)).toEqual(page(pageOf(20)));
  });

  test('counts also with sense data of a recovered error', () => {
    const recovered = answered(pageOf(8), { driverStatus: 8, sense: SENSE });
    expect(judgeInquiry(recovered, INQUIRY, FIRST_BYTES)).toEqual(page(pageOf(8)));
  });

  test('that is longer than the room is asked for again, once', () => {
    const cut = pageOf(1_000).subarray(0, FIRST_BYTES);
    expect(judgeInquiry(answered(cut), INQUIRY, FIRST_BYTES)).toEqual({ kind: 'longer', bytes: 1_004 });
    expect(judgeInquiry(answered(pageOf(1_000)), INQUIRY, 1_004)).toEqual(page(pageOf(1_000)));
    expect(judgeInquiry(answered(cut), INQUIRY, 1_004)).toEqual(none('MALFORMED', null, '255 bytes of 1004'));
  });

  test('that is longer than any command can transfer is no answer', () => {
    expect(judgeInquiry(answered(pageOf(10, 0xffff)), INQUIRY, FIRST_BYTES)).toMatchObject({
      kind: 'done',
      reading: { ok: false },
    });
  });
});

test('the exchange goes on until the page is whole', () => {
  const asked: ScsiOrder[] = [];
  const answer = (order: ScsiOrder): Reading<ScsiAnswer> => {
    asked.push(order);
    return answered(pageOf(1_000).subarray(0, order.direction === 'in' ? order.length : 0));
  };
  expect(converseAtOnce(askPage(INQUIRY), answer)).toEqual({ ok: true, value: hexOf(pageOf(1_000)) });
  expect(asked).toEqual([inquiryOrder(0x83, FIRST_BYTES), inquiryOrder(0x83, 1_004)]);
});

describe('no answer about the identity', () => {
  test.each<[string, Reading<ScsiAnswer>, string, string | null, string]>([
    ['a failed system call', failed('KERNEL_ERROR', 'ENOMEM', 'SG_IO'), 'KERNEL_ERROR', 'ENOMEM', 'SG_IO'],
    [
      'another device under the node',
      failed('KERNEL_ERROR', 'ESTALE', 'identity'),
      'KERNEL_ERROR',
      'ESTALE',
      'identity',
    ],
    ['a command that could not be begun', failed('REFUSED', null, 'no thread'), 'REFUSED', null, 'no thread'],
    ['a refusal', answered(pageOf(8), { status: 2, sense: SENSE }), 'MALFORMED', null, 'sense 5/24/00'],
    ['a refusal without sense data', answered(pageOf(8), { status: 2 }), 'MALFORMED', null, 'status 0x2'],
    ['a host that could not send it', answered(pageOf(8), { hostStatus: 1 }), 'MALFORMED', null, 'host status 0x1'],
    ['nothing', answered(new Uint8Array()), 'MALFORMED', null, '0 bytes'],
    ['less than a header', answered(Uint8Array.of(0, 0x83, 0)), 'MALFORMED', null, '3 bytes'],
    [
      'standard INQUIRY data',
      answered(Uint8Array.of(0, 0, 6, 2, 0, 0, 0, 0)),
      'MALFORMED',
      null,
      'page 0x0 in its place',
    ],
    [
      'a number without a LUN',
      answered(Uint8Array.of(0x7f, 0x83, 0, 0)),
      'NO_LUN',
      null,
      'peripheral qualifier 3: no logical unit',
    ],
    [
      'a LUN that is not connected',
      answered(Uint8Array.of(0x20, 0x83, 0, 0)),
      'NO_LUN',
      null,
      'peripheral qualifier 1: no logical unit',
    ],
  ])('%s', (_, answer, code, errno, why) => {
    expect(judgeInquiry(answer, INQUIRY, FIRST_BYTES)).toEqual(none(code, errno, why));
  });
});
