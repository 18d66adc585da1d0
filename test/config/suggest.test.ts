import fc from 'fast-check';
import { distance, suggestion } from '../../src/config/suggest';

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['statsu', 'status', 1],
  ['jsno', 'json', 1],
  ['maps', 'map', 1],
])('from %j to %j it is %d', (a, b, away) => {
  expect(distance(a, b)).toBe(away);
});

test('the distance is the same in both directions, and 0 only for equal words', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
      expect(distance(a, b)).toBe(distance(b, a));
      expect(distance(a, b) === 0).toBe(a === b);
    }),
  );
});

test.each([
  ['topolgy', 'topology'],
  ['path', 'paths'],
  ['audit', 'audit'],
  ['xyz', null],
])('%j was meant to be %j', (wrong, meant) => {
  expect(suggestion(wrong, ['paths', 'maps', 'topology', 'audit'])).toBe(meant);
});
