import fc from 'fast-check';
import { checkLine, linesOf, tokensOf, valueOf } from '../../../src/config/parse/lines';

/** The tokens of a line: a quote mark as `"`, any other token as `<text>`. */
function shown(line: string): string {
  return tokensOf(line)
    .map(({ text, quote }) => (quote ? '"' : `<${text}>`))
    .join('');
}

describe('tokensOf', () => {
  test.each([
    ['', ''],
    ['# all of it', ''],
    [' \t ! all of it', ''],
    ['keyword value', '<keyword><value>'],
    ['keyword va#lue', '<keyword><va>'],
    ['keyword "va#lue" # comment', '<keyword>"<va#lue>"'],
    ['section {', '<section><{>'],
    ['section{', '<section><{>'],
    ['}', '<}>'],
    ['a}b{c', '<a><}><b><{><c>'],
    ['keyword "{ }"', '<keyword>"<{ }>"'],
    ['keyword ""', '<keyword>""'],
    ['keyword """"', '<keyword>"<">"'],
    ['keyword "a ""b"" c"', '<keyword>"<a "b" c>"'],
    ['keyword "a', '<keyword>"<a>'],
    ['keyword "', '<keyword>"'],
    ['keyword """', '<keyword>"<">'],
    ['keyword "a"b', '<keyword>"<a>"<b>'],
    ["keyword 'a b'", "<keyword><'a><b'>"],
    ['keyword a\\ b', '<keyword><a\\><b>'],
    ['keyword\u00a0value', '<keyword><value>'],
    ['keyword wért', '<keyword><w><rt>'],
    ['keyword "wért"', '<keyword>"<wért>"'],
    ['keyword\u000bvalue\ffurther', '<keyword><value><further>'],
    ['é', ''],
    ['keyword "tab\there"', '<keyword>"<tab\there>"'],
  ])('%j is %s', (line, tokens) => {
    expect(shown(line)).toBe(tokens);
  });

  test('each token stands at its place in the line, and they follow one another', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...'ab "{}#! \té\\'), { maxLength: 30 }), (chars) => {
        const line = chars.join('');
        let end = 0;
        for (const { text, quote, at, length } of tokensOf(line)) {
          expect(at).toBeGreaterThanOrEqual(end);
          end = at + length;
          expect(length).toBeGreaterThan(0);
          expect(quote ? '"' : text.replaceAll('"', '""')).toBe(line.slice(at, end));
        }
        expect(end).toBeLessThanOrEqual(line.length);
      }),
    );
  });

  test('a line of 4 MiB in quotes takes no more time than it must', () => {
    const text = '""x'.repeat(1_400_000);
    expect(tokensOf(`keyword "${text}"`)[2]?.text.length).toBe(2_800_000);
  });
});

describe('linesOf', () => {
  test.each<[string, Array<[string, boolean]>]>([
    [
      'a\nb\n',
      [
        ['a', false],
        ['b', false],
      ],
    ],
    [
      'a\nb',
      [
        ['a', false],
        ['b', false],
      ],
    ],
    ['', []],
    [
      '\n\n',
      [
        ['', false],
        ['', false],
      ],
    ],
    [
      'a\r\nb\r\n',
      [
        ['a', false],
        ['b', false],
      ],
    ],
    ['\ra\rb\n', [['\ra', true]]],
    [
      'a\0b\nc',
      [
        ['a', true],
        ['c', false],
      ],
    ],
  ])('%j', (text, lines) => {
    expect(linesOf(text).map((line) => [line.text, line.cut])).toEqual(lines);
  });
});

describe('checkLine', () => {
  test.each<[string, boolean, string | null]>([
    ['keyword value', true, null],
    ['keyword', false, 'no-value at 0'],
    ['keyword value more', true, 'extra-data at 14'],
    ['keyword "a b" more', true, 'extra-data at 14'],
    ['keyword "" more', true, 'extra-data at 11'],
    ['keyword "a', true, 'no-closing-quote at 8'],
    ['keyword "', true, 'no-closing-quote at 8'],
    ['}', true, null],
    ['} more', true, 'extra-data at 2'],
    ['{', false, 'stray-brace at 0'],
    ['{ keyword', false, 'stray-brace at 0'],
    ['defaults', true, 'no-opening-brace at 0'],
    ['defaults [', true, 'not-a-brace at 9'],
    ['defaults "{"', true, 'not-a-brace at 9'],
    ['defaults {', true, null],
    ['defaults { }', true, 'extra-data at 11'],
    ['multipath {', true, null],
    ['protocol scsi:fcp', true, null],
  ])('%j', (line, accepted, problem) => {
    const verdict = checkLine(tokensOf(line));
    expect(verdict.accepted).toBe(accepted);
    expect(verdict.problem === null ? null : `${verdict.problem.code} at ${verdict.problem.token.at}`).toBe(problem);
  });

  test('a word can be the name of a section in its place', () => {
    const tokens = tokensOf('protocol');
    expect(checkLine(tokens).accepted).toBe(false);
    expect(checkLine(tokens, true).problem?.code).toBe('no-opening-brace');
  });
});

test.each([
  ['keyword value', 'value', 8, 5],
  ['keyword "a b"', 'a b', 9, 3],
  ['keyword ""', '', 8, 2],
  ['keyword "', '', 8, 1],
  ['keyword "a', 'a', 9, 1],
])('the value of %j', (line, text, at, length) => {
  expect(valueOf(tokensOf(line))).toEqual({ text, quote: false, at, length });
});

test.each(['keyword', '}', '} x', ''])('%j has no value', (line) => {
  expect(valueOf(tokensOf(line))).toBeNull();
});
