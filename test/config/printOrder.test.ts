import { inOrder } from '../../src/config/printOrder';

test('listed items come first, and the others keep their order', () => {
  expect(inOrder(['d', 'b'], ['a', 'b', 'c', 'd'])).toEqual(['d', 'b', 'a', 'c']);
});

test('a listed item that does not exist is left out', () => {
  expect(inOrder(['x', 'b'], ['a', 'b'])).toEqual(['b', 'a']);
});
