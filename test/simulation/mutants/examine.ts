/** Plays the kept histories and then random ones on a mutant, and prints the promise that caught it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { smallHistory } from '../histories/arbitrary';
import type { History } from '../histories/history';
import { play } from '../histories/play';

const FOLDER = join('test', 'simulation', 'histories', 'regressions');

function kept(): History[] {
  return readdirSync(FOLDER)
    .sort()
    .map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as History);
}

function* histories(batches: number, runs: number): Generator<History> {
  yield* kept();
  for (let seed = 1; seed <= batches; seed++) yield* fc.sample(smallHistory, { seed, numRuns: runs });
}

async function examine(batches: number, runs: number): Promise<{ caughtBy: string | null; histories: number }> {
  let count = 0;
  for (const history of histories(batches, runs)) {
    count += 1;
    const what = await play(history).then(
      ([first]) => first ?? null,
      (error: unknown) => `the daemon failed: ${String(error)}`,
    );
    if (what !== null) return { caughtBy: what, histories: count };
    // The line shows the caller that the daemon is not in an endless loop.
    process.stdout.write('\n');
  }
  return { caughtBy: null, histories: count };
}

Error.stackTraceLimit = 0;
void examine(Number(process.argv[2]), Number(process.argv[3])).then((verdict) =>
  process.stdout.write(JSON.stringify(verdict)),
);
