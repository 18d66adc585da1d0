import { inBatches } from '../../src/daemon/batches';

function recorded(): { batches: string[][]; order: (text: string) => Promise<string> } {
  const batches: string[][] = [];
  const order = inBatches((texts: string[]) => {
    batches.push(texts);
    return Promise.resolve(texts.map((text) => text.toUpperCase()));
  });
  return { batches, order };
}

test('orders of one moment are one batch, and each gets its own answer', async () => {
  const { batches, order } = recorded();
  expect(await Promise.all([order('a'), order('b')])).toEqual(['A', 'B']);
  expect(batches).toEqual([['a', 'b']]);
});

test('orders that come during the work on a batch are the next batch', async () => {
  const { batches, order } = recorded();
  const first = order('a').then(() => order('c'));
  await new Promise((wake) => setImmediate(wake));
  expect(await Promise.all([first, order('b')])).toEqual(['C', 'B']);
  expect(batches.flat().sort()).toEqual(['a', 'b', 'c']);
  expect(batches[0]).toEqual(['a']);
});

test('begins the work when `later` calls it', async () => {
  const begin: Array<() => void> = [];
  const order = inBatches(
    (texts: string[]) => Promise.resolve(texts),
    (work) => void begin.push(work),
  );
  const answers = Promise.all([order('a'), order('b')]);
  expect(begin).toHaveLength(1);
  begin[0]?.();
  expect(await answers).toEqual(['a', 'b']);
});
