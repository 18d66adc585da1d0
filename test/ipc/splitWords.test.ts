import fc from 'fast-check';
import { splitWords } from '../../src/ipc/splitWords';

test.each<[string, string, string[]]>([
  ['blanks of all kinds separate', ' a\tb\n c\fd ', ['a', 'b', 'c', 'd']],
  ['quotes keep blanks and comment signs', 'format "%n  # %w!"', ['format', '%n  # %w!']],
  ['a doubled quote mark inside quotes is one', '"a""b"', ['a"b']],
  ['four quote marks are one', '""""', ['"']],
  ['empty quotes are no word', 'map "" x', ['map', 'x']],
  ['quotes end a word', 'a"b"c', ['a', 'b', 'c']],
  ['an unclosed quote takes the rest', 'format "%n %w', ['format', '%n %w']],
  ['# begins a comment, in a word too', 'ma#ps x', ['ma']],
  ['! begins a comment', 'maps !x', ['maps']],
  ['braces are words', 'a{b}', ['a', '{', 'b', '}']],
  ['what is not ASCII separates outside quotes', 'aéb "é"', ['a', 'b', 'é']],
  ['single quotes and backslashes mean nothing', "it's a\\b", ["it's", 'a\\b']],
  ['nothing is in an empty line', '', []],
  ['nothing is in a comment', '  # show maps', []],
])('%s', (_, line, words) => {
  expect(splitWords(line)).toEqual(words);
});

test('any word is found again if it is quoted', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 5 }), (words) => {
      const line = words.map((word) => `"${word.replaceAll('"', '""')}"`).join(' ');
      expect(splitWords(line)).toEqual(words);
    }),
  );
});
