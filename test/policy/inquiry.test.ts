import { FIRST_BYTES, inquiryCdb, judgeInquiry, type InquiryAnswer } from '../../src/policy/inquiry';

const pageOf = (length: number, announced = length): Uint8Array => {
  const page = new Uint8Array(4 + length).fill(0x5a, 4);
  page.set([0x00, 0x83, announced >> 8, announced & 0xff]);
  return page;
};
const answered = (data: Uint8Array, more: Partial<Extract<InquiryAnswer, { errno: null }>> = {}): InquiryAnswer => ({
  errno: null,
  status: 0,
  hostStatus: 0,
  driverStatus: 0,
  sense: new Uint8Array(),
  data,
  ...more,
});
const SENSE = Uint8Array.of(0x72, 5, 0x24, 0, 0, 0, 0, 0);

test('the command: INQUIRY with EVPD, the page, and 16 bits of length', () => {
  expect([...inquiryCdb(0x83, FIRST_BYTES)]).toEqual([0x12, 1, 0x83, 0, 0xff, 0]);
  expect([...inquiryCdb(0xc0, FIRST_BYTES)]).toEqual([0x12, 1, 0xc0, 0, 0xff, 0]);
  expect([...inquiryCdb(0x83, 0x1234)]).toEqual([0x12, 1, 0x83, 0x12, 0x34, 0]);
});

describe('an answer with the page', () => {
  test('is the page as long as it says, without what comes after', () => {
    const data = new Uint8Array(FIRST_BYTES);
    data.set(pageOf(20));
    expect(judgeInquiry(answered(data), 0x83, FIRST_BYTES)).toEqual({ kind: 'page', page: pageOf(20) });
  });

  test('counts also with sense data of a recovered error', () => {
    expect(judgeInquiry(answered(pageOf(8), { driverStatus: 8, sense: SENSE }), 0x83, FIRST_BYTES).kind).toBe('page');
  });

  test('that is longer than there was room for is asked for again, once', () => {
    const cut = pageOf(1_000).subarray(0, FIRST_BYTES);
    expect(judgeInquiry(answered(cut), 0x83, FIRST_BYTES)).toEqual({ kind: 'longer', bytes: 1_004 });
    expect(judgeInquiry(answered(pageOf(1_000)), 0x83, 1_004)).toEqual({ kind: 'page', page: pageOf(1_000) });
    expect(judgeInquiry(answered(cut), 0x83, 1_004)).toEqual({ kind: 'none', errno: null, why: '255 bytes of 1004' });
  });

  test('that is longer than any command can take is none', () => {
    expect(judgeInquiry(answered(pageOf(10, 0xffff)), 0x83, FIRST_BYTES)).toMatchObject({ kind: 'none' });
  });
});

describe('no answer to the question who it is', () => {
  test.each<[string, InquiryAnswer, string | null, string]>([
    ['a failed system call', { errno: 'ENOMEM', step: 'SG_IO' }, 'ENOMEM', 'SG_IO'],
    ['another device under the node', { errno: 'ESTALE', step: 'identity' }, 'ESTALE', 'identity'],
    ['a refusal', answered(pageOf(8), { status: 2, sense: SENSE }), null, 'sense 5/24/00'],
    ['a refusal without sense data', answered(pageOf(8), { status: 2 }), null, 'status 0x2'],
    ['a host that could not send it', answered(pageOf(8), { hostStatus: 1 }), null, 'host status 0x1'],
    ['nothing', answered(new Uint8Array()), null, '0 bytes'],
    ['less than a header', answered(Uint8Array.of(0, 0x83, 0)), null, '3 bytes'],
    ['standard INQUIRY data', answered(Uint8Array.of(0, 0, 6, 2, 0, 0, 0, 0)), null, 'page 0x0 in its place'],
    [
      'a number without a LUN',
      answered(Uint8Array.of(0x7f, 0x83, 0, 0)),
      null,
      'peripheral qualifier 3: no logical unit',
    ],
    [
      'a LUN that is not connected',
      answered(Uint8Array.of(0x20, 0x83, 0, 0)),
      null,
      'peripheral qualifier 1: no logical unit',
    ],
  ])('%s', (_, answer, errno, why) => {
    expect(judgeInquiry(answer, 0x83, FIRST_BYTES)).toEqual({ kind: 'none', errno, why });
  });
});
