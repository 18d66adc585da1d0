import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { largeHistory, smallHistory } from './arbitrary';
import { historyText, type History } from './history';
import { play } from './play';
import { playBatch } from './worker';

const FOLDER = join(__dirname, 'regressions');
const kept = readdirSync(FOLDER).sort();

describe('a history that once broke a promise', () => {
  test.each(kept.map((file) => [file.replace('.json', '').replaceAll('-', ' '), file]))(
    '%s',
    async (_, file) => {
      const history = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as History;
      expect(await play(history)).toEqual([]);
    },
    60_000,
  );
});

// scripts/histories, which scripts/test runs, plays 100,000 of them.
test('random histories keep every promise', async () => {
  expect((await playBatch({ seed: 7, runs: 150, machine: null })).broken).toBeNull();
}, 120_000);

test('random histories keep every promise on a machine of a hundred paths', async () => {
  expect((await playBatch({ seed: 7, runs: 2, machine: { luns: 25, ports: 4 } })).broken).toBeNull();
}, 120_000);

test('a seed gives the same histories each time, and a history the same log', async () => {
  const sample = (): History[] => fc.sample(smallHistory, { seed: 3, numRuns: 20 });
  expect(sample()).toEqual(sample());
  const log = async (history: History): Promise<string[]> => {
    const lines: string[] = [];
    await play(history, { tell: (line) => lines.push(line) });
    return lines;
  };
  for (const history of sample()) expect(await log(history)).toEqual(await log(history));
}, 60_000);

test('a history does not change when it is written as a text and read again', () => {
  const property = fc.property(fc.oneof(smallHistory, largeHistory(3, 40)), (history) => {
    expect(JSON.parse(historyText(history))).toEqual(history);
  });
  fc.assert(property);
});
