import fc from 'fast-check';
import { decodeFcEvent } from '../../../src/daemon/transportWatcher/fcEvents';
import { readMessage } from '../../../src/daemon/transportWatcher/messages';
import { FC_EVENTS } from '../../../src/model/transportHint';

const SCSI_TRANSPORT_MSG = 0x11;

interface Frame {
  version: number;
  transport: number;
  magic: number;
  msgtype: number;
  msglen: number;
  host: number;
  dataLength: number;
  code: number;
  data: number[];
  /** The size of the whole message, bytes. */
  size: number;
}

/** A message as fc_host_post_fc_event() makes it: structure (40 bytes) plus data, rounded up to 8. */
function frame(more: Partial<Frame> = {}): Buffer {
  const data = more.data ?? [0x03, 0x02, 0x01, 0x00];
  const aligned = (40 + data.length + 7) & ~7;
  const f: Frame = {
    version: 1,
    transport: 1,
    magic: 0xa1b2,
    msgtype: 0x0100,
    msglen: aligned,
    host: 7,
    dataLength: data.length,
    code: 5,
    data,
    size: aligned,
    ...more,
  };
  const b = Buffer.alloc(Math.max(f.size, 40 + f.data.length));
  b.writeUInt8(f.version, 0);
  b.writeUInt8(f.transport, 1);
  b.writeUInt16LE(f.magic, 2);
  b.writeUInt16LE(f.msgtype, 4);
  b.writeUInt16LE(f.msglen, 6);
  b.writeBigUInt64LE(1_700_000_000n, 8);
  b.writeUInt16LE(f.host, 24);
  b.writeUInt16LE(f.dataLength, 26);
  b.writeUInt32LE(42, 28);
  b.writeUInt32LE(f.code, 32);
  Buffer.from(f.data).copy(b, 36);
  return b.subarray(0, f.size);
}

const decode = (payload: Buffer, type = SCSI_TRANSPORT_MSG): ReturnType<typeof decodeFcEvent> =>
  decodeFcEvent(type, payload, 'LE');

describe('an FC event of the kernel', () => {
  it.each(Object.entries(FC_EVENTS))('code %s is %s', (code, event) => {
    expect(decode(frame({ code: Number(code) }))).toEqual({ kind: 'fc', hostNo: 7, event, data: 0x010203 });
  });

  it('with an unknown code is still an event', () => {
    expect(decode(frame({ code: 0x777 }))).toEqual({ kind: 'fc', hostNo: 7, event: 'unknown', data: 0x010203 });
  });

  it('is read byte for byte: an RSCN on host 5, port 0x010a00', () => {
    const bytes = [
      '0101b2a100013000',
      '80f0fe6500000000',
      '0000000000000000',
      '05000400' + '2a000000',
      '05000000' + '000a0100',
      '0000000000000000',
    ];
    expect(decode(Buffer.from(bytes.join(''), 'hex'))).toEqual({
      kind: 'fc',
      hostNo: 5,
      event: 'rscn',
      data: 0x010a00,
    });
  });

  it('is read on a machine of the other byte order', () => {
    const bytes = [
      '0101a1b201000030',
      '0000000065fef080',
      '0000000000000000',
      '00050004' + '0000002a',
      '00000003' + '00010a00',
      '0000000000000000',
    ];
    expect(decodeFcEvent(SCSI_TRANSPORT_MSG, Buffer.from(bytes.join(''), 'hex'), 'BE')).toEqual({
      kind: 'fc',
      hostNo: 5,
      event: 'linkdown',
      data: 0x010a00,
    });
  });

  it.each([
    ['none', []],
    ['an FPIN of 100 bytes', Array.from({ length: 100 }, (_, i) => i)],
    ['5 bytes', [1, 2, 3, 4, 5]],
  ])('with data that is no 32-bit word (%s) gives no data', (_what, data) => {
    expect(decode(frame({ code: 0x501, data }))).toEqual({ kind: 'fc', hostNo: 7, event: 'fpin', data: null });
  });

  it('may be as long as the structure without its padding', () => {
    expect(decode(frame({ size: 40, msglen: 40 }))).toMatchObject({ event: 'rscn', data: 0x010203 });
    expect(decode(frame({ size: 36, msglen: 36, data: [] }))).toMatchObject({ event: 'rscn', data: null });
  });
});

describe('refused', () => {
  it.each<[string, Partial<Frame>]>([
    ['another version', { version: 2 }],
    ['another transport', { transport: 0 }],
    ['another magic', { magic: 0xb2a1 }],
    ['a vendor message', { msgtype: 0x0001 }],
    ['a message said to be longer than it is', { msglen: 56 }],
    ['data beyond the message', { dataLength: 13 }],
    ['data of 64 KiB', { dataLength: 0xffff }],
    ['data beyond what the header says', { msglen: 38 }],
    ['a header only', { size: 8, msglen: 8 }],
    ['a byte too few', { size: 35, msglen: 35, data: [] }],
  ])('%s', (_what, wrong) => {
    expect(decode(frame(wrong))).toBeNull();
  });

  it('another netlink message type', () => {
    expect(decode(frame(), 0x10)).toBeNull();
    expect(decode(frame(), 0x12)).toBeNull();
  });

  it('an empty message', () => {
    expect(decode(Buffer.alloc(0))).toBeNull();
  });
});

describe('any bytes', () => {
  it('give no hint or a hint that the daemon accepts, and never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom<'LE' | 'BE'>('LE', 'BE'), (bytes, order) => {
        const hint = decodeFcEvent(SCSI_TRANSPORT_MSG, Buffer.from(bytes), order);
        if (hint !== null) expect(readMessage(hint)).toEqual(hint);
      }),
    );
  });

  it('cut short or with a changed byte give the same', () => {
    const whole = frame({ code: 0x501, data: Array.from({ length: 60 }, (_, i) => i) });
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), (length, at, value) => {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        const hint = decode(bytes.subarray(0, length));
        if (hint !== null) expect(readMessage(hint)).toEqual(hint);
        if (length < 36 || (at === 2 && value !== 0xb2)) expect(hint).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });
});
