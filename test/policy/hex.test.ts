import fc from 'fast-check';
import { bytesOfHex, hexOf } from '../../src/policy/hex';

test('bytes become text and the same bytes again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(hexOf(bytes)).toBe(Buffer.from(bytes).toString('hex'));
      expect(bytesOfHex(hexOf(bytes))).toEqual(bytes);
      expect(bytesOfHex(hexOf(bytes).toUpperCase())).toEqual(bytes);
    }),
  );
});

test.each(['0', '000', '0g', ' 0', '0x', '-1', '0\u00b2'])('%j is not whole bytes of hex digits', (text) => {
  expect(bytesOfHex(text)).toBeNull();
});
