import fc from 'fast-check';
import { syntaxErrorAt } from '../../src/simulator/jsonSyntax';
import { linesOfJson, positionOf } from '../../src/simulator/jsonLines';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test.each([
  ['{"a": [}', 7],
  ['[1, 2,]', 6],
  ['{"a" 1}', 5],
  ['{a: 1}', 1],
  ['[1 2]', 3],
  ['{} {}', 3],
  ['"a', 0],
  ['tru', 0],
  ['01', 1],
  ['{"a": 1', 7],
  ['[', 1],
  ['', 0],
  ['}', 0],
  ['[1}', 2],
  ['{"a":}', 5],
  ['{,}', 1],
  ['"\\x"', 0],
  ['1,2', 1],
])('%j breaks at %i', (text, at) => {
  expect(syntaxErrorAt(text)).toBe(at);
  expect(isJson(text)).toBe(false);
});

test('it agrees with JSON.parse about any text of JSON pieces', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"\\u00e4"',
    '1',
    '-0.5e+3',
    'true',
    'null',
    ' ',
    '\n',
    '"',
    '-',
    '.',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join('');
      expect(syntaxErrorAt(text) === null).toBe(isJson(text));
    }),
    { numRuns: 3000 },
  );
});

test('it accepts whatever JSON.stringify writes', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.nat(3),
      (value, indent) => syntaxErrorAt(JSON.stringify(value, null, indent)) === null,
    ),
  );
});

test('every value of a file is found on its line', () => {
  const text = '{\n "a": [1,\n  {"b,]": "}"}\n ],\n "c": {"d":\n   null}\n}';
  const lines = linesOfJson(text);
  expect(['a', 'a[0]', 'a[1]', 'a[1].b,]', 'c', 'c.d'].map((p) => lines.lineOf(p))).toEqual([2, 2, 3, 3, 5, 6]);
  expect(['a[7].x.y', 'c.nothing', 'nothing', ''].map((p) => lines.lineOf(p))).toEqual([2, 5, 1, 1]);
});

test('fields given twice are found at every depth', () => {
  expect(linesOfJson('{"a": 1, "b": {"c": [{"d": 1, "d": 2}]}, "a": 2}').duplicates).toEqual(['b.c[0].d', 'a']);
  expect(linesOfJson('[{"a": 1}, {"a": 2}]').duplicates).toEqual([]);
});

test.each([
  [0, 1, 1],
  [2, 1, 3],
  [3, 2, 1],
  [5, 2, 3],
])('offset %i is line %i, column %i', (offset, line, column) => {
  expect(positionOf('ab\ncd', offset)).toEqual({ line, column });
});
