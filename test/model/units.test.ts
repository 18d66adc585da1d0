import type { Ms, Seq } from '../../src/model/units';

/** tsc decides: each marked line is an error without its mark. If it is no error, tsc reports the mark. */
test('an order of knowledge is no time, and a time no order; a plain number may become either', () => {
  const seq: Seq = 7;
  const ms: Ms = 7;
  // @ts-expect-error: a number of an input is no time.
  const time: Ms = seq;
  // @ts-expect-error: a time is no number of an input.
  const order: Seq = ms;
  expect([time, order, seq + 1, ms + 1]).toEqual([7, 7, 8, 8]);
});
