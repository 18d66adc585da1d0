import fc from 'fast-check';
import { chargeFor, createUeventSocket, type UeventSocket } from '../../src/simulator/ueventSocket';
import type { Uevent } from '../../src/model/uevent';

const KIB = 1024;

function event(seqnum: number): Uevent {
  return {
    source: 'kernel',
    action: 'change',
    devpath: '/devices/virtual/mem/null',
    subsystem: 'mem',
    devtype: null,
    name: 'null',
    devt: null,
    diskseq: null,
    seqnum,
    synthUuid: null,
    env: {},
  };
}

function deliver(socket: UeventSocket, count: number, bytes = 200, from = 1): void {
  for (let n = 0; n < count; n++) socket.deliver(event(from + n), bytes);
}

function drain(socket: UeventSocket): { seqnums: number[]; errors: number } {
  const seqnums: number[] = [];
  let errors = 0;
  for (let got = socket.receive(); got !== 'EAGAIN'; got = socket.receive()) {
    if (got === 'ENOBUFS') errors++;
    else if (got !== 'MSG_TRUNC') seqnums.push(got.seqnum);
  }
  return { seqnums, errors };
}

describe('charge of a message', () => {
  // Measured on Linux 6.18 with synthetic uevents of every length around the borders.
  test.each([
    [210, 832],
    [256, 832],
    [257, 1280],
    [704, 1280],
    [705, 2304],
    [1728, 2304],
    [1729, 4352],
    [1909, 4352],
  ])('%i bytes cost %i', (bytes, charge) => {
    expect(chargeFor(bytes)).toBe(charge);
  });

  test.each([
    ['212,992 bytes, small messages', 106496, 200, 256],
    ['212,992 bytes, SCSI disks', 106496, 500, 166],
    ['212,992 bytes, large', 106496, 1000, 92],
    ['212,992 bytes, largest', 106496, 2040, 48],
    ['16 MiB effective, small', 8 * 1024 * KIB, 200, 20164],
    ['16 MiB effective, largest', 8 * 1024 * KIB, 2040, 3855],
  ])('%s: the measured number fits', (_, requested, bytes, kept) => {
    const socket = createUeventSocket(requested);
    deliver(socket, kept + 10, bytes);
    expect([socket.queued(), socket.drops()]).toEqual([kept, 10]);
  });
});

describe('congestion', () => {
  test('a buffer of 64 KiB and 2,000 small messages: 157 kept, 1,843 dropped, one ENOBUFS', () => {
    const socket = createUeventSocket(64 * KIB);
    deliver(socket, 2000);
    expect(socket.drops()).toBe(1843);
    const { seqnums, errors } = drain(socket);
    expect(seqnums).toEqual(Array.from({ length: 157 }, (_, n) => n + 1));
    expect(errors).toBe(1);
    expect(socket.drops()).toBe(1843);
  });

  test('the error comes before the queued messages', () => {
    const socket = createUeventSocket(64 * KIB);
    deliver(socket, 158);
    expect(socket.receive()).toBe('ENOBUFS');
    expect(socket.receive()).toMatchObject({ seqnum: 1 });
  });

  test('after a partial drain new messages are still dropped, without a second error', () => {
    const socket = createUeventSocket(64 * KIB);
    deliver(socket, 158);
    for (let n = 0; n < 100; n++) socket.receive();
    deliver(socket, 7, 200, 1000);
    expect(socket.drops()).toBe(8);
    const rest = drain(socket);
    expect(rest.errors).toBe(0);
    expect(Math.max(...rest.seqnums)).toBe(157);
  });

  test('an empty queue ends it, and the next overrun is reported again', () => {
    const socket = createUeventSocket(64 * KIB);
    deliver(socket, 158);
    expect(drain(socket).errors).toBe(1);
    deliver(socket, 157, 200, 500);
    expect(socket.drops()).toBe(1);
    deliver(socket, 1, 200, 900);
    const second = drain(socket);
    expect([second.errors, second.seqnums.length, socket.drops()]).toEqual([1, 157, 2]);
  });

  test('only an empty queue ends it, not the report of the error', () => {
    const socket = createUeventSocket(64 * KIB);
    deliver(socket, 158);
    socket.receive();
    deliver(socket, 1, 200, 500);
    expect(socket.drops()).toBe(2);
  });

  test('an empty queue accepts a message larger than the buffer', () => {
    const socket = createUeventSocket(1);
    deliver(socket, 2, 2040);
    expect([socket.queued(), socket.drops()]).toEqual([1, 1]);
  });

  test('no message is lost without being counted, and none comes twice or out of order', () => {
    const step = fc.oneof(
      fc.record({ deliver: fc.integer({ min: 1, max: 60 }), bytes: fc.integer({ min: 50, max: 2100 }) }),
      fc.record({ receive: fc.integer({ min: 1, max: 40 }) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 * KIB }), fc.array(step, { maxLength: 60 }), (requested, steps) => {
        const socket = createUeventSocket(requested);
        const got: number[] = [];
        let sent = 0;
        for (const s of steps) {
          if ('deliver' in s) {
            deliver(socket, s.deliver, s.bytes, sent + 1);
            sent += s.deliver;
          } else {
            for (let n = 0; n < s.receive; n++) {
              const one = socket.receive();
              if (typeof one !== 'string') got.push(one.seqnum);
            }
          }
          expect(got.length + socket.queued() + socket.drops()).toBe(sent);
          expect(socket.charged() <= 2 * requested || socket.queued() === 1).toBe(true);
        }
        expect(got).toEqual([...new Set(got)].sort((a, b) => a - b));
      }),
    );
  });
});
