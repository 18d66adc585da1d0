import { createReplyCache } from '../../src/ipc/replyCache';

const bytes = Buffer.from('reply');

test.each([
  ['the engine has had no input since', { at: 9, input: 7 }, true],
  ['the engine has had an input, and the request came later', { at: 9, input: 8 }, false],
  ['the request waited while the reply was rendered', { at: 4, input: 8 }, true],
])('a reply about the state, and %s', (_, asked, good) => {
  const cache = createReplyCache(10_000);
  cache.keep('x', { bytes, at: 5, input: 7 });
  expect(cache.find('x', asked)).toBe(good ? bytes : null);
  expect(cache.find('y', asked)).toBeNull();
});

test('a reply that depends on the time is good only for requests that waited', () => {
  const cache = createReplyCache(10_000);
  cache.keep('x', { bytes, at: 5, input: null });
  expect(cache.find('x', { at: 4, input: 7 })).toBe(bytes);
  expect(cache.find('x', { at: 6, input: 7 })).toBeNull();
});

test('the bytes are bounded, the oldest replies go first, and short ones cost something, too', () => {
  const cache = createReplyCache(10_000);
  for (let n = 0; n < 1_000; n++) cache.keep(`request ${n}`, { bytes: Buffer.alloc(1), at: n, input: 1 });
  expect(cache.bytes()).toBeLessThanOrEqual(10_000);
  const found = (n: number): boolean => cache.find(`request ${n}`, { at: 2_000, input: 1 }) !== null;
  expect([found(0), found(980), found(999)]).toEqual([false, false, true]);
  cache.keep('huge', { bytes: Buffer.alloc(20_000), at: 1, input: 1 });
  expect([cache.find('huge', { at: 0, input: 1 }), found(999)]).toEqual([null, true]);
  cache.clear();
  expect([cache.bytes(), found(999)]).toEqual([0, false]);
});
