import fc from 'fast-check';
import { createDecoder, encode, HEADER_BYTES, REPLY_LIMIT, REQUEST_LIMIT, type Decoded } from '../../src/ipc/framing';

function header(length: bigint): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeBigUInt64LE(length);
  return bytes;
}

function feed(bytes: Buffer, cuts: number[], limit = REQUEST_LIMIT): Decoded[] {
  const decoder = createDecoder(limit);
  const found: Decoded[] = [];
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...places, bytes.length]) {
    decoder.push(bytes.subarray(from, to));
    from = to;
    for (let next = decoder.next(); next.kind !== 'partial'; next = decoder.next()) {
      found.push(next);
      if (next.kind === 'bad-length') return found;
    }
  }
  return found;
}

const line = fc.string({ maxLength: 120, unit: 'binary' }).filter((text) => !text.includes('\0'));

test('a message is its length with the NUL, little-endian in 8 bytes, then the text and NUL', () => {
  expect(encode('show daemon').toString('hex')).toBe('0c00000000000000' + Buffer.from('show daemon\0').toString('hex'));
  expect(encode('').toString('hex')).toBe('010000000000000000');
  expect(encode('é').readBigUInt64LE()).toBe(3n);
});

test('an encoded text is decoded again, however its bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 20 }),
      (texts, cuts) => {
        const found = feed(Buffer.concat(texts.map(encode)), cuts);
        expect(found).toEqual(texts.map((text) => ({ kind: 'message', text })));
      },
    ),
  );
});

test('a message is decoded byte by byte as well as at once', () => {
  const bytes = Buffer.concat([encode('show paths'), encode('quit')]);
  const cuts = Array.from({ length: bytes.length }, (_, index) => index);
  expect(feed(bytes, cuts)).toEqual([
    { kind: 'message', text: 'show paths' },
    { kind: 'message', text: 'quit' },
  ]);
});

test.each([
  ['nothing', 0n],
  ['one more than the limit', BigInt(REQUEST_LIMIT) + 1n],
  ['more than a number can hold', 2n ** 64n - 1n],
])('a length of %s is refused before its bytes arrive', (_, length) => {
  expect(feed(header(length), [])).toEqual([{ kind: 'bad-length', length }]);
});

test('the limits themselves are accepted', () => {
  const longest = 'x'.repeat(REQUEST_LIMIT - 1);
  expect(feed(encode(longest), [])).toEqual([{ kind: 'message', text: longest }]);
  expect(feed(encode(''), [])).toEqual([{ kind: 'message', text: '' }]);
  expect(feed(header(BigInt(REPLY_LIMIT)), [], REPLY_LIMIT - 1)).toEqual([
    { kind: 'bad-length', length: BigInt(REPLY_LIMIT) },
  ]);
});

test('a text ends at its first NUL, and a text without a NUL is taken whole', () => {
  const withTail = Buffer.concat([header(8n), Buffer.from('quit\0abc')]);
  const withoutNul = Buffer.concat([header(4n), Buffer.from('quit')]);
  expect(feed(withTail, [])).toEqual([{ kind: 'message', text: 'quit' }]);
  expect(feed(withoutNul, [])).toEqual([{ kind: 'message', text: 'quit' }]);
});

test('any bytes give messages or a refusal, and never more than was sent', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(), { maxLength: 8 }), (bytes, cuts) => {
      const found = feed(Buffer.from(bytes), cuts);
      const texts = found.flatMap((f) => (f.kind === 'message' ? [f.text] : []));
      expect(texts.length * (HEADER_BYTES + 1)).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

test('knows whether a message has begun', () => {
  const decoder = createDecoder(REQUEST_LIMIT);
  expect(decoder.midMessage()).toBe(false);
  decoder.push(Buffer.from([5]));
  expect(decoder.midMessage()).toBe(true);
  decoder.push(encode('quit').subarray(1));
  expect(decoder.next()).toEqual({ kind: 'message', text: 'quit' });
  expect(decoder.midMessage()).toBe(false);
});
