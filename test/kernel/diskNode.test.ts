import { commandTimeout, deviceOf, LONGEST_TIMER } from '../../src/kernel/diskNode';

test('a node has slashes where sysfs shows exclamation marks', () => {
  expect(deviceOf({ name: 'cciss!c0d0', devt: '104:0', diskseq: 3 })).toEqual({
    node: '/dev/cciss/c0d0',
    devt: '104:0',
    diskseq: 3,
  });
});

test.each([
  [0, 1],
  [-5, 1],
  [0.2, 1],
  [4_000, 4_000],
  [4_000.1, 4_001],
  [1e12, LONGEST_TIMER],
])('a timeout of %d ms is %d', (asked, given) => {
  expect(commandTimeout(asked)).toBe(given);
});
