import { bytes, columns, counted, createStyle, duration, terminalText } from '../../src/cli/style';

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

test('a terminal gets the colours of this program, and all other codes as text', () => {
  const { bad } = createStyle(true, {});
  expect(terminalText(`${bad('x')}\n\u001b[2J\u001b[5m\u009b\u202e`)).toBe(
    '\u001b[31mx\u001b[0m\n\\x1b[2J\\x1b[5m\\x9b\\u202e',
  );
});

test('a cell stays on its line, and its escaped text has its width', () => {
  expect(
    columns([
      ['a\nb', 'c'],
      ['abcdefgh', 'd'],
    ]),
  ).toBe('a\\x0ab    c\nabcdefgh  d\n');
});
