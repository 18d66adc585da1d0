/** What one event costs the engine, by kind, on a table with a number of paths. */
import { createBenchKernel, PATHS_PER_LUN, type BenchKernel, type Spent } from './engineKernel';
import { pathFacts } from './largeSan';
import { createRandom, type Random } from '../../src/simulator/random';

export const KINDS = [
  'path change',
  'path remove',
  'path add',
  'path fails and comes back',
  'map change',
  'dm event',
  'check',
] as const;
export type Kind = (typeof KINDS)[number];

/** Microseconds of engine time per event, with the inputs that follow. */
export type EventFigures = Record<Kind, { median: number; mean: number; p99: number; steps: number }>;

const WARM_UP = Number(process.env.BENCH_WARM_UP ?? 1_000);
const ROUNDS = Number(process.env.BENCH_EVENTS ?? 1_000);
/** The number of disks at which events happen, unless they happen at all disks. */
const FEW = 100;

/** `anywhere`: in a large table the data that the engine needs is in no processor cache. */
export type Where = 'anywhere' | 'few';

function diskOf({ disks }: BenchKernel, where: Where, random: Random): BenchKernel['disks'][number] {
  if (where === 'anywhere') return disks[random.below(disks.length)] ?? fail();
  const luns = disks.length / PATHS_PER_LUN;
  const few = FEW / PATHS_PER_LUN;
  return disks[random.below(PATHS_PER_LUN) * luns + random.below(few)] ?? fail();
}

/** Lets one event of each kind happen, in random order, each at a random place. */
function round(kernel: BenchKernel, where: Where, random: Random, done: (kind: Kind, spent: Spent) => void): void {
  const disk = (): BenchKernel['disks'][number] => diskOf(kernel, where, random);
  const all = (...spent: Spent[]): Spent =>
    spent.reduce((a, b) => ({ ms: a.ms + b.ms, steps: a.steps + b.steps, checks: a.checks + b.checks }));
  const order = [...KINDS].sort(() => random.below(2) - 0.5);
  for (const kind of order) {
    switch (kind) {
      case 'path change': {
        const one = disk();
        done(
          kind,
          all(
            kernel.feed(kernel.diskEvent(one, 'kernel', 'change')),
            kernel.feed(kernel.diskEvent(one, 'udev', 'change')),
          ),
        );
        break;
      }
      case 'path remove': {
        const one = disk();
        done(
          kind,
          all(
            kernel.feed(kernel.diskEvent(one, 'kernel', 'remove')),
            kernel.feed(kernel.diskEvent(one, 'udev', 'remove')),
          ),
        );
        done(
          'path add',
          all(kernel.feed(kernel.diskEvent(one, 'kernel', 'add')), kernel.feed(kernel.diskEvent(one, 'udev', 'add'))),
        );
        break;
      }
      case 'path add':
        break;
      case 'path fails and comes back': {
        const { lun, path } = disk();
        Object.assign(kernel.luns[lun] ?? fail(), { failed: [path] });
        kernel.raiseEvent(lun);
        done(kind, all(kernel.feed(kernel.mapEvent(lun, 'kernel')), kernel.feed(kernel.mapEvent(lun, 'udev'))));
        if (kernel.luns[lun]?.failed.length !== 0) fail();
        forgetReinstatement(kernel, lun, path);
        break;
      }
      case 'map change': {
        const { lun } = disk();
        done(kind, all(kernel.feed(kernel.mapEvent(lun, 'kernel')), kernel.feed(kernel.mapEvent(lun, 'udev'))));
        break;
      }
      case 'dm event': {
        const { lun } = disk();
        kernel.raiseEvent(lun);
        done(kind, all(kernel.feed({ type: 'dm-event' }), kernel.feed(kernel.mapEvent(lun, 'kernel'))));
        break;
      }
      case 'check':
        done(kind, nextCheck(kernel));
        break;
    }
  }
}

/**
 * The clock hardly moves in a benchmark. The reinstatement is made to look old, or the path would rest at its next turn
 * (flapping.ts).
 */
function forgetReinstatement({ engine, luns }: BenchKernel, lun: number, path: number): void {
  const { name } = pathFacts(lun, path, luns.length);
  const entry = engine.tables.pathByName(name);
  if (entry === undefined) fail();
  entry.flapping.revivedAt = null;
}

/** Runs the next check that is due. Other deadlines before it are handled without measurement. */
function nextCheck(kernel: BenchKernel): Spent {
  for (;;) {
    const spent = kernel.wake() ?? fail();
    if (spent.checks > 0) return { ...spent, ms: spent.ms / spent.checks };
  }
}

function fail(): never {
  throw new Error('the benchmark has lost its way');
}

type Samples = Record<Kind, Spent[]>;

const noSamples = (): Samples => Object.fromEntries(KINDS.map((kind): [Kind, Spent[]] => [kind, []])) as Samples;

function figuresOf(samples: Samples): EventFigures {
  const figures = KINDS.map((kind) => {
    const values = samples[kind].map(({ ms }) => ms * 1000).sort((a, b) => a - b);
    const at = (share: number): number => values[Math.floor(values.length * share)] ?? NaN;
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return [
      kind,
      { median: at(0.5), mean, p99: at(0.99), steps: Math.max(...samples[kind].map(({ steps }) => steps)) },
    ];
  });
  return Object.fromEntries(figures) as EventFigures;
}

function assertWhole({ engine, luns }: BenchKernel, paths: number): void {
  if (engine.tables.paths.size !== paths || engine.tables.maps.size !== paths / PATHS_PER_LUN) fail();
  if (luns.some(({ members }) => members.length !== PATHS_PER_LUN)) fail();
}

export function measureEvents(paths: number, where: Where): EventFigures {
  const kernel = createBenchKernel(paths / PATHS_PER_LUN);
  assertWhole(kernel, paths);
  const random = createRandom(1);
  for (let i = 0; i < WARM_UP; i++) round(kernel, where, random, () => undefined);
  const samples = noSamples();
  for (let i = 0; i < ROUNDS; i++) round(kernel, where, random, (kind, spent) => samples[kind].push(spent));
  assertWhole(kernel, paths);
  return figuresOf(samples);
}

/**
 * Back to back: nothing happens between two events, so a small table stays in the processor's caches. With emptied
 * caches: the daemon has slept since the last event, as on a host. With the journal: its part of each step counts.
 */
export const CONDITIONS = {
  'back to back': { journal: false, emptied: false },
  'with the journal': { journal: true, emptied: false },
  'caches emptied': { journal: false, emptied: true },
  'as in the daemon: both': { journal: true, emptied: true },
} as const;
export type Condition = keyof typeof CONDITIONS;

/** The number of rounds of one table before the turn of the other. */
const TURN = 50;
const EMPTIED_ROUNDS = Math.ceil(ROUNDS / 5);

/** Larger than any cache of the processor. */
const CACHES_BYTES = 64 << 20;
const CACHE_LINE = 64;

function emptying(kernel: BenchKernel): BenchKernel {
  const other = new Uint8Array(CACHES_BYTES).fill(1);
  const empty = (): void => {
    let sum = 0;
    for (let at = 0; at < other.length; at += CACHE_LINE) sum += other[at] ?? 0;
    if (sum !== other.length / CACHE_LINE) fail();
  };
  const { feed, wake } = kernel;
  return {
    ...kernel,
    feed: (body) => {
      empty();
      return feed(body);
    },
    wake: () => {
      empty();
      return wake();
    },
  };
}

/** Measures tables of several sizes by turns in one process. So other work on the machine affects all of them. */
export function measureByTurns(sizes: readonly number[], condition: Condition): EventFigures[] {
  const { journal, emptied } = CONDITIONS[condition];
  const kernels = sizes.map((paths) => createBenchKernel(paths / PATHS_PER_LUN, journal));
  const random = createRandom(1);
  const rounds = (
    count: number,
    of: readonly BenchKernel[],
    done: (at: number, kind: Kind, spent: Spent) => void,
  ): void => {
    for (let begun = 0; begun < count; begun += TURN) {
      for (const [at, kernel] of of.entries()) {
        for (let i = 0; i < TURN; i++) round(kernel, 'anywhere', random, (kind, spent) => done(at, kind, spent));
      }
    }
  };
  rounds(WARM_UP, kernels, () => undefined);
  const samples = sizes.map(noSamples);
  rounds(emptied ? EMPTIED_ROUNDS : ROUNDS, emptied ? kernels.map(emptying) : kernels, (at, kind, spent) =>
    samples[at]?.[kind].push(spent),
  );
  for (const [at, paths] of sizes.entries()) assertWhole(kernels[at] ?? fail(), paths);
  return samples.map(figuresOf);
}
