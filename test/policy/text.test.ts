import fc from 'fast-check';
import { chopTrailingSpace } from '../../src/policy/text';

test.each([
  ['running\n', 'running'],
  ['a b \t\r\n\v\f', 'a b'],
  ['  a', '  a'],
  [' \n ', ''],
  ['', ''],
  ['a\u00a0', 'a\u00a0'],
])('%j is chopped to %j', (text, chopped) => {
  expect(chopTrailingSpace(text)).toBe(chopped);
});

test('removes only at the end, and a second call changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.stringMatching(/^[ \n\t]*$/), (text, blanks) => {
      const chopped = chopTrailingSpace(text + blanks);
      expect(text.startsWith(chopped)).toBe(true);
      expect(chopTrailingSpace(chopped)).toBe(chopped);
    }),
  );
});
