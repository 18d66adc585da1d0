import { bytes, columns, counted, createStyle, duration, harmless } from '../../src/cli/style';

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [30_000, '30 s'],
  [60_000, '1 min'],
  [100_000, '1 min 40 s'],
  [7_500_000, '2 h 5 min'],
  [7_200_000, '2 h'],
  [266_400_000, '3 d 2 h'],
])('%d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [65_536, '64 KiB'],
  [134_217_728, '128 MiB'],
  [1_610_612_736, '1.5 GiB'],
  [2 ** 42, '4096 GiB'],
])('%d bytes are %s', (count, text) => {
  expect(bytes(count)).toBe(text);
});

test('counted() uses the singular for one', () => {
  expect([counted(0, 'map'), counted(1, 'map'), counted(2, 'map')]).toEqual(['0 maps', '1 map', '2 maps']);
});

test('columns are aligned, colour codes have no width, and no line ends with a blank', () => {
  const { bad } = createStyle(true, {});
  expect(
    columns([
      ['a', 'bb', ''],
      [bad('long'), 'c', ''],
    ]),
  ).toBe(`a     bb\n${bad('long')}  c\n`);
});

test('colour only on a terminal, and not with NO_COLOR', () => {
  expect(createStyle(true, {}).bold('x')).toBe('\u001b[1mx\u001b[0m');
  expect(createStyle(true, { NO_COLOR: '' }).bold('x')).toBe('\u001b[1mx\u001b[0m');
  expect(createStyle(true, { NO_COLOR: '1' }).bold('x')).toBe('x');
  expect(createStyle(false, {}).bold('x')).toBe('x');
});

test('control characters are replaced', () => {
  expect(harmless('a\u001b]0;x\u0007\n\u009bb')).toBe('a?]0;x???b');
});
