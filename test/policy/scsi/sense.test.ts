import fc from 'fast-check';
import { decodeSense, describeSense } from '../../../src/policy/scsi/sense';

/** `70 00 02 …`, blanks ignored. */
const bytes = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

const fixed = '70 00 02 00000000 0a 00000000 04 0b 00 000000';
const descriptor = '72 02 04 0b 000000 00';

describe('decodeSense', () => {
  test.each<[string, string, [number, number, number, boolean]]>([
    ['fixed format, current', fixed, [2, 4, 0xb, false]],
    ['fixed format, deferred', `71${fixed.slice(2)}`, [2, 4, 0xb, true]],
    ['fixed format with a valid information field', `f0${fixed.slice(2)}`, [2, 4, 0xb, false]],
    [
      'fixed format with filemark, EOM and ILI set',
      '70 00 e2 00000000 0a 00000000 04 0b 00 000000',
      [2, 4, 0xb, false],
    ],
    ['fixed format just to the qualifier', '70 00 06 00000000 06 00000000 29 00', [6, 0x29, 0, false]],
    ['fixed format that announces no qualifier', '70 00 06 00000000 05 00000000 29 01', [6, 0, 0, false]],
    ['fixed format cut before the qualifier', '70 00 06 00000000 0a 00000000 29', [6, 0, 0, false]],
    ['fixed format cut after the key', '70 00 05', [5, 0, 0, false]],
    ['fixed format with no additional bytes', '70 00 03 00000000 00', [3, 0, 0, false]],
    ['descriptor format, current', descriptor, [2, 4, 0xb, false]],
    ['descriptor format, deferred', `73${descriptor.slice(2)}`, [2, 4, 0xb, true]],
    ['descriptor format with its reserved bits set', '72 f5 25 00 000000 00', [5, 0x25, 0, false]],
    ['descriptor format cut after the qualifier', '72 05 25 00', [5, 0x25, 0, false]],
    ['descriptor format with descriptors', '72 03 11 00 000000 0c 00 0a 80 00 0000000000000001', [3, 0x11, 0, false]],
  ])('%s', (_, text, [key, asc, ascq, deferred]) => {
    expect(decodeSense(bytes(text))).toEqual({ key, asc, ascq, deferred });
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['fixed format without a key', '70 00'],
    ['descriptor format without a qualifier', '72 02 04'],
    ['vendor specific', '7f 00 02 00000000 0a 00000000 04 0b 00 000000'],
    ['zeroes', '00 00 00 00 00 00 00 00'],
    ['a reserved response code', '74 02 04 0b 000000 00'],
  ])('no sense in %s', (_, text) => {
    expect(decodeSense(bytes(text))).toBeNull();
  });

  test('any bytes give sense within its ranges, or none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 252 }), (data) => {
        const sense = decodeSense(data);
        if (sense === null) return;
        expect(sense.key).toBeLessThan(16);
        expect(sense.asc).toBeLessThan(256);
        expect(sense.ascq).toBeLessThan(256);
      }),
    );
  });
});

test('sense is written as key/asc/ascq', () => {
  expect(describeSense({ key: 2, asc: 4, ascq: 0xb, deferred: false })).toBe('2/04/0B');
  expect(describeSense({ key: 0xb, asc: 0, ascq: 0, deferred: true })).toBe('B/00/00 deferred');
});
