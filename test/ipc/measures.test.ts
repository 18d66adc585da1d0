import { progressBar, sizeText } from '../../src/ipc/measures';

test.each([
  [0, '0.0K'],
  [20, '10K'],
  [16_384, '8.0M'],
  [2_097_152, '1.0G'],
  [41_943_040, '20G'],
  [3_221_225_472, '1.5T'],
  [2 ** 41, '1.0P'],
  [2 ** 52, '2048P'],
  // An exact tie goes to the even digit, as in printf.
  [2048 * 1.25, '1.2M'],
  [2048 * 1.75, '1.8M'],
  [2048 * 20.5, '20M'],
  [2048 * 21.5, '22M'],
  [2046, '1023K'],
])('%d sectors are %s', (sectors, text) => {
  expect(sizeText(sectors)).toBe(text);
});

test.each([
  [5, 20, 'XX........ 5/20'],
  [20, 20, 'XXXXXXXXXX 20/20'],
  [19, 20, 'XXXXXXXXX. 19/20'],
  [1, 5, 'XX........ 1/5'],
  [0, 10, '.......... 0/10'],
  [0, 0, ' 0/0'],
])('%d of %d is %j', (current, total, text) => {
  expect(progressBar(current, total)).toBe(text);
});
