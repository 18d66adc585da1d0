import fc from 'fast-check';
import { printable, printableJson, printableLines } from '../../src/model/printable';

test.each([
  ['mpatha', 'mpatha'],
  ['Speicher für Köln 磁盘 🖴', 'Speicher für Köln 磁盘 🖴'],
  ['a\\x1b', 'a\\x1b'],
  ['x\u001b[2Jy', 'x\\x1b[2Jy'],
  ['a\nb\tc\r', 'a\\x0ab\\x09c\\x0d'],
  ['\u007f\u0080\u009b', '\\x7f\\x80\\x9b'],
  ['abc\u202edef\u2066\u200f', 'abc\\u202edef\\u2066\\u200f'],
  ['\u2028\u2029\ufeff\u00ad', '\\u2028\\u2029\\ufeff\\xad'],
  ['\u{e0041}', '\\u{e0041}'],
  ['half \ud83d', 'half \\ud83d'],
])('%j is shown as %s', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('a text of lines keeps its lines and tabs', () => {
  expect(printableLines('a\tb\n\u001bc\n')).toBe('a\tb\n\\x1bc\n');
});

const anyText = fc.string({ unit: 'binary' });
const hostile = fc.array(
  fc.constantFrom('\u001b', '\n', '\u0085', '\u202e', '\u2069', '\ud800', '\u{e0001}', 'a', '"'),
);
const texts = fc.oneof(
  anyText,
  hostile.map((parts) => parts.join('')),
);

test('nothing unprintable is left, and a second time changes nothing', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const shown = printable(text);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(printable(shown)).toBe(shown);
      expect(printableLines(text)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test('a JSON document means the same, and is printable', () => {
  fc.assert(
    fc.property(texts, texts, (name, value) => {
      const document = { [`key ${name}`]: value };
      for (const indent of [undefined, 2]) {
        const text = printableJson(document, indent);
        expect(JSON.parse(text)).toEqual(document);
        expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }
    }),
  );
});
