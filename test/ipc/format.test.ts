import fc from 'fast-check';
import { columnWidths, parseFormat, renderLine, renderRaw, renderTable, type Wildcard } from '../../src/ipc/format';

interface Row {
  a: string;
  b: string;
}

const WILDCARDS: Array<Wildcard<Row>> = [
  { letter: 'a', header: 'first', value: (row) => row.a },
  { letter: 'b', header: 'b', value: (row) => row.b },
];

const ROWS: Row[] = [
  { a: '1', b: 'long value' },
  { a: '22', b: '' },
];

const table = (format: string, rows = ROWS): string => renderTable(parseFormat(format, WILDCARDS), rows);
const raw = (format: string, rows = ROWS): string => renderRaw(parseFormat(format, WILDCARDS), rows);

test.each([
  [
    'columns are padded to the widest of heading and values, the last one too',
    '%a %b',
    'first b         \n1     long value\n22              \n',
  ],
  ['text is copied, into the heading too', '[%a] x', '[first] x\n[1    ] x\n[22   ] x\n'],
  ['unknown wildcards print nothing', '%a|%x|%c|', 'first|||\n1    |||\n22   |||\n'],
  ['%% prints nothing', '100%%%b', '100b         \n100long value\n100          \n'],
  ['a lone % at the end prints nothing', '%a%', 'first\n1    \n22   \n'],
  ['a format without wildcards prints itself once per line', 'x', 'x\nx\nx\n'],
  ['a wildcard may come twice', '%b%b', 'b         b         \nlong valuelong value\n                    \n'],
])('%s', (_, format, text) => {
  expect(table(format)).toBe(text);
});

test('raw output has neither heading nor padding', () => {
  expect(raw('%a,%b')).toBe('1,long value\n22,\n');
  expect(raw('%a', [])).toBe('');
});

test('without rows only the heading is printed', () => {
  expect(table('%a %b', [])).toBe('first b\n');
});

test('a value longer than 255 is printed whole, but no column is padded beyond 255', () => {
  const rows = [
    { a: 'x'.repeat(300), b: '!' },
    { a: 'y', b: '!' },
  ];
  expect(
    table('%a%b', rows)
      .split('\n')
      .map((line) => line.length),
  ).toEqual([256, 301, 256, 0]);
});

test('one row can be printed with the widths of other rows', () => {
  const format = parseFormat('%a|%b', WILDCARDS);
  expect(renderLine(format, { a: 'x', b: 'y' }, columnWidths(format, ROWS, false))).toBe('x |y         \n');
  expect(renderLine(format, { a: 'x', b: 'y' }, columnWidths(format, ROWS, true))).toBe('x    |y         \n');
});

test('control characters in a value neither break a line nor reach a terminal', () => {
  expect(raw('%a', [{ a: 'a\nb\u001b[1m', b: '' }])).toBe('a\\x0ab\\x1b[1m\n');
});

test('a wildcard that stands there many times is asked once for each row', () => {
  let asked = 0;
  const counted = [{ letter: 'c', header: 'c', value: () => String(++asked) }];
  expect(renderTable(parseFormat('%c%c%c', counted), [{}, {}])).toBe('ccc\n111\n222\n');
});

test('a text that grows too long is refused, with its limit', () => {
  const rows = Array.from({ length: 1_000 }, () => ({ a: 'x'.repeat(200), b: '' }));
  expect(raw('%a'.repeat(10), rows)).toHaveLength(1_000 * 2_001);
  for (const render of [raw, table])
    expect(() => render('%a'.repeat(11), rows)).toThrow(/gives more than 211\d{4} characters, which is the limit/);
});

test('any format prints one line for each row', () => {
  const format = fc.string({ unit: 'grapheme-ascii' });
  fc.assert(
    fc.property(format, (text) => {
      expect(raw(text).split('\n')).toHaveLength(ROWS.length + 1);
      expect(table(text).split('\n')).toHaveLength(ROWS.length + 2);
    }),
  );
});
