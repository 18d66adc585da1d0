import fc from 'fast-check';
import { formatKeys, parseKeys, parseReservationKey, type KeyOfWwid } from '../../src/config/prkeys';

const HEADER = formatKeys([]);

const entry = fc.record<KeyOfWwid>({
  key: fc.stringMatching(/^[0-9a-f]{16}$/),
  aptpl: fc.boolean(),
  wwid: fc.stringMatching(/^[!-~]{1,127}$/),
});

describe('parseReservationKey', () => {
  test.each([
    ['0x123abc', '0000000000123abc', false],
    ['123ABC', '0000000000123abc', false],
    ['0X1:aptpl', '0000000000000001', true],
    ['1:APTPL', '0000000000000001', false],
    ['1:aptpl:', '0000000000000001', false],
    ['ffffffffffffffff', 'ffffffffffffffff', false],
    ['0ffffffffffffffff', 'ffffffffffffffff', false],
  ])('%s', (text, key, aptpl) => {
    expect(parseReservationKey(text)).toEqual({ key, aptpl });
  });

  test.each(['', '0', '0x', ':aptpl', '0xg', '-1', ' 1', '1 ', 'file', '11111111111111111', '0x0x1'])(
    '%j is no key',
    (text) => {
      expect(parseReservationKey(text)).toBeNull();
    },
  );
});

describe('the prkeys file', () => {
  test('has the header of multipath-tools', () => {
    expect(HEADER).toBe(
      '# Multipath persistent reservation keys, Version : 1.0\n# NOTE: this file is automatically maintained by the multipathd program.\n' +
        '# You should not need to edit this file in normal circumstances.\n#\n# Format:\n# prkey wwid\n#\n',
    );
  });

  test('tells APTPL by the case of the X', () => {
    expect(parseKeys(`${HEADER}0x000000000000abcd 3600\n0X00000000000000EF 3601\n`).keys).toEqual([
      { key: '000000000000abcd', aptpl: false, wwid: '3600' },
      { key: '00000000000000ef', aptpl: true, wwid: '3601' },
    ]);
  });

  test.each([
    '0xabcd 3600',
    '0x000000000000abcd',
    '3600 0x000000000000abcd',
    '0x000000000000abcd 3600 3601',
    `0x000000000000abcd ${'3'.repeat(128)}`,
  ])('a line that is no entry is told by its number, without the key: %s', (line) => {
    const { keys, warnings } = parseKeys(`#x\n${line}\n0x0000000000000001 3601\n`);
    expect(keys).toEqual([{ key: '0000000000000001', aptpl: false, wwid: '3601' }]);
    expect(warnings).toEqual(['line 2: no key with a WWID, ignored']);
  });

  test('a removed entry is a comment', () => {
    expect(parseKeys('#x000000000000abcd 3600\n')).toEqual({ keys: [], warnings: [] });
  });

  test('of two keys of one LUN the first counts', () => {
    expect(parseKeys('0x0000000000000001 3600\n0x0000000000000002 3600\n')).toEqual({
      keys: [{ key: '0000000000000001', aptpl: false, wwid: '3600' }],
      warnings: ['line 2: one more key for 3600, ignored'],
    });
  });

  test('what is written is read again', () => {
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ({ wwid }) => wwid, maxLength: 20 }), (keys) => {
        expect(parseKeys(formatKeys(keys))).toEqual({ keys, warnings: [] });
      }),
    );
  });

  test('anything can be read', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) =>
        expect(parseKeys(text).keys.length).toBeLessThanOrEqual(text.length),
      ),
    );
  });
});
