import { parseReservationKey } from '../../src/config/reservationKey';

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
