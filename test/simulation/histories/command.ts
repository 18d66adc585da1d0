/**
 * `scripts/histories`: plays random histories in several processes, and prints the shortest one that breaks a promise.
 * This process hands out the work.
 */
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { historyText, type History } from './history';
import { play } from './play';
import type { Batch, BatchResult } from './worker';

const REGRESSIONS = join('test', 'simulation', 'histories', 'regressions');
/** Histories per batch: the work of a few seconds. */
const BATCH = 500;
const COUNT = 100_000;

const options = yargs(hideBin(process.argv))
  .scriptName('scripts/histories')
  .usage('$0 [options]\n\nPlays random histories against the daemon on a simulated kernel and checks the promises.')
  .option('count', { type: 'number', describe: `small histories to play; ${COUNT} unless told` })
  .option('minutes', { type: 'number', describe: 'play for so long instead' })
  .option('large', { type: 'boolean', default: true, describe: 'also machines of 100 to 10,000 paths' })
  .option('seed', {
    type: 'string',
    describe: 'of the first batch: a number, or `random`; random with --minutes, else always the same',
  })
  .option('workers', { type: 'number', default: 2, describe: 'processes' })
  .option('keep', { type: 'string', describe: 'keep a failing history as the regression test of this name' })
  .option('play', { type: 'string', describe: 'play the one history of this file and tell what it breaks' })
  .option('digests', {
    type: 'string',
    describe:
      'write what each history does, effects and tables, into this file, a line each: the same after a change that is to change nothing',
  })
  .conflicts('count', 'minutes')
  .check(
    ({ seed }) =>
      seed === undefined || seed === 'random' || /^\d{1,10}$/.test(seed) || `--seed ${seed}: a number, or \`random\``,
  )
  .strict()
  .parseSync();

const count = options.count ?? COUNT;

/**
 * The histories make gigabytes of short-lived garbage. Threads of the collector would compete with the other worker.
 */
const WORKER_FLAGS = ['--single-threaded-gc', '--max-semi-space-size=32'];

/** Sizes of the larger machines, LUNs by ports, and how many histories of each belong to a run of 100,000. */
const LARGE = [
  { luns: 25, ports: 4, share: 200 },
  { luns: 250, ports: 4, share: 12 },
  { luns: 2_500, ports: 4, share: 2 },
] as const;

function* batches(first: number, enough: () => boolean): Generator<Batch> {
  if (options.large) {
    const scale = options.minutes === undefined ? count / COUNT : 1;
    for (const { luns, ports, share } of [...LARGE].reverse()) {
      const runs = Math.ceil(share * scale);
      const per = Math.max(1, Math.floor((BATCH * 2) / (luns * ports)));
      for (let done = 0; done < runs; done += per)
        yield { seed: first + luns + done, runs: Math.min(per, runs - done), machine: { luns, ports } };
    }
  }
  for (let seed = first; !enough(); seed++) yield { seed, runs: BATCH, machine: null };
}

interface Totals {
  small: number;
  large: number;
  failed: BatchResult | null;
  digests: string[];
}

async function work(todo: Generator<Batch>, totals: Totals, tell: () => void): Promise<void> {
  const worker = fork(join(__dirname, 'worker.js'), { execArgv: WORKER_FLAGS });
  for (let next = todo.next(); next.done !== true && totals.failed === null; next = todo.next()) {
    const batch = { ...next.value, digests: options.digests !== undefined };
    const result = await new Promise<BatchResult>((resolve, reject) => {
      worker.once('message', resolve as (message: unknown) => void);
      worker.once('exit', (code) => reject(new Error(`a worker ended with ${code} in ${JSON.stringify(batch)}`)));
      worker.send(batch);
    });
    worker.removeAllListeners('exit');
    if (batch.machine === null) totals.small += result.runs;
    else totals.large += result.runs;
    if (result.broken !== null) totals.failed ??= result;
    totals.digests.push(...result.digests.map((digest, at) => `${batch.seed}.${at} ${digest}`));
    tell();
  }
  worker.kill();
}

async function search(): Promise<number> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const totals: Totals = { small: 0, large: 0, failed: null, digests: [] };
  const seed = options.seed ?? (options.minutes === undefined ? '1' : 'random');
  const first = seed === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(seed);
  console.log(`seed ${first}: --seed ${first} plays the same histories`);
  let asked = 0;
  const enough = (): boolean => {
    if (options.minutes !== undefined) return seconds() >= 60 * options.minutes;
    asked += BATCH;
    return asked > count;
  };
  let told = 0;
  const tell = (): void => {
    if (seconds() - told < 15) return;
    told = seconds();
    console.error(`${totals.small + totals.large} histories, ${seconds().toFixed(0)} s`);
  };
  const todo = batches(first, enough);
  await Promise.all(Array.from({ length: options.workers }, () => work(todo, totals, tell)));
  const each = ((seconds() * 1000 * options.workers) / Math.max(1, totals.small + totals.large)).toFixed(2);
  console.log(
    `${totals.small} histories of 1 to 12 paths and ${totals.large} of 100 to 10,000, from seed ${first}: ` +
      `${totals.failed === null ? 'every promise was kept' : 'a promise was broken'}, ${seconds().toFixed(0)} s (${each} ms each, ${options.workers} processes)`,
  );
  if (options.digests !== undefined) writeFileSync(options.digests, `${totals.digests.sort().join('\n')}\n`);
  return totals.failed === null ? 0 : tellFailure(totals.failed);
}

function tellFailure({ seed, broken }: BatchResult): number {
  if (broken === null) return 0;
  console.log(`\nseed ${seed}: ${broken.what}\n\nThe shortest history that does it:\n\n${historyText(broken.history)}`);
  if (options.keep !== undefined) {
    const file = join(REGRESSIONS, `${options.keep.replace(/[^A-Za-z0-9]+/g, '-')}.json`);
    writeFileSync(file, historyText(broken.history));
    console.log(`kept as ${file}`);
  } else {
    console.log('--keep NAME keeps it as a regression test.');
  }
  return 1;
}

async function playOne(file: string): Promise<number> {
  const breaches = await play(JSON.parse(readFileSync(file, 'utf8')) as History, { tell: (line) => console.log(line) });
  console.log(breaches.length === 0 ? 'every promise was kept' : breaches.join('\n'));
  return breaches.length === 0 ? 0 : 1;
}

void (options.play === undefined ? search() : playOne(options.play)).then((code) => {
  process.exitCode = code;
});
