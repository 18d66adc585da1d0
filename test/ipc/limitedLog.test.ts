import { createLimitedLog } from '../../src/ipc/limitedLog';

test('lines beyond the bound are counted, and the next line tells their number', () => {
  const lines: string[] = [];
  let now = 0;
  const log = createLimitedLog(
    (line) => lines.push(line),
    { lines: 2, everyMs: 1000 },
    () => now,
  );
  for (const text of ['a', 'b', 'c', 'd']) log(text);
  now = 999;
  log('e');
  expect(lines).toEqual(['a', 'b']);
  now = 1000;
  log('f');
  log('g');
  log('h');
  expect(lines.slice(2)).toEqual(['f (3 more like this were left out)', 'g']);
});
