import { oneAtATime } from '../../src/daemon/latest';

/** Work that ends when it is told to. */
function held(): { work: () => Promise<void>; begun: () => number; end: () => Promise<void> } {
  let begun = 0;
  let finish: () => void = () => undefined;
  return {
    work: () => {
      begun += 1;
      return new Promise((resolve) => {
        finish = resolve;
      });
    },
    begun: () => begun,
    end: async () => {
      finish();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('a thousand calls while the work runs are one more run', async () => {
  const { work, begun, end } = held();
  const ask = oneAtATime(work);
  for (let n = 0; n < 1_000; n++) ask();
  expect(begun()).toBe(1);
  await end();
  expect(begun()).toBe(2);
  await end();
  expect(begun()).toBe(2);
});

test('a call after the work has ended runs it at once', async () => {
  const { work, begun, end } = held();
  const ask = oneAtATime(work);
  ask();
  await end();
  ask();
  expect(begun()).toBe(2);
});
