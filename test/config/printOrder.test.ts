import { inOrder } from '../../src/config/printOrder';

test('what is listed comes first, and what is not keeps the order that it has', () => {
  expect(inOrder(['d', 'b'], ['a', 'b', 'c', 'd'])).toEqual(['d', 'b', 'a', 'c']);
});

test('what is listed and not there is left away', () => {
  expect(inOrder(['x', 'b'], ['a', 'b'])).toEqual(['b', 'a']);
});
