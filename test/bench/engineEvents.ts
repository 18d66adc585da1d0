/** What one event costs the engine, by kind, on a table of so many paths. */
import { createBenchKernel, PATHS_PER_LUN, type BenchKernel, type Spent } from './engineKernel';
import { createRandom, type Random } from '../../src/simulator/random';

export const KINDS = ['path change', 'path remove', 'path add', 'path fails and comes back', 'map change', 'dm event', 'check'] as const;
export type Kind = (typeof KINDS)[number];

/** Microseconds of engine time per event, follow-up inputs included. */
export type EventFigures = Record<Kind, { median: number; mean: number; p99: number; steps: number }>;

const WARM_UP = Number(process.env.BENCH_WARM_UP ?? 1_000);
const ROUNDS = Number(process.env.BENCH_EVENTS ?? 1_000);
/** So many disks are those at which events happen, unless it is all of them. */
const FEW = 100;

/** Anywhere: what the engine needs is in no processor cache if the table is large. */
export type Where = 'anywhere' | 'few';

function diskOf({ disks }: BenchKernel, where: Where, random: Random): BenchKernel['disks'][number] {
  if (where === 'anywhere') return disks[random.below(disks.length)] ?? fail();
  const luns = disks.length / PATHS_PER_LUN;
  const few = FEW / PATHS_PER_LUN;
  return disks[random.below(PATHS_PER_LUN) * luns + random.below(few)] ?? fail();
}

/** Lets one event of each kind happen, in random order, each somewhere at random. */
function round(kernel: BenchKernel, where: Where, random: Random, done: (kind: Kind, spent: Spent) => void): void {
  const disk = (): BenchKernel['disks'][number] => diskOf(kernel, where, random);
  const all = (...spent: Spent[]): Spent => spent.reduce((a, b) => ({ ms: a.ms + b.ms, steps: a.steps + b.steps, checks: a.checks + b.checks }));
  const order = [...KINDS].sort(() => random.below(2) - 0.5);
  for (const kind of order) {
    switch (kind) {
      case 'path change': {
        const one = disk();
        done(kind, all(kernel.feed(kernel.diskEvent(one, 'kernel', 'change')), kernel.feed(kernel.diskEvent(one, 'udev', 'change'))));
        break;
      }
      case 'path remove': {
        const one = disk();
        done(kind, all(kernel.feed(kernel.diskEvent(one, 'kernel', 'remove')), kernel.feed(kernel.diskEvent(one, 'udev', 'remove'))));
        done('path add', all(kernel.feed(kernel.diskEvent(one, 'kernel', 'add')), kernel.feed(kernel.diskEvent(one, 'udev', 'add'))));
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

/** The next check that is due; other deadlines on the way are worked off unmeasured. */
function nextCheck(kernel: BenchKernel): Spent {
  for (;;) {
    const spent = kernel.wake() ?? fail();
    if (spent.checks > 0) return { ...spent, ms: spent.ms / spent.checks };
  }
}

function fail(): never {
  throw new Error('the benchmark has lost its way');
}

export function measureEvents(paths: number, where: Where): EventFigures {
  const kernel = createBenchKernel(paths / PATHS_PER_LUN);
  const { tables } = kernel.engine;
  if (tables.paths.size !== paths || tables.maps.size !== paths / PATHS_PER_LUN) fail();
  const random = createRandom(1);
  for (let i = 0; i < WARM_UP; i++) round(kernel, where, random, () => undefined);
  const samples = new Map<Kind, number[]>(KINDS.map((kind) => [kind, []]));
  const steps = new Map<Kind, number>();
  for (let i = 0; i < ROUNDS; i++) {
    round(kernel, where, random, (kind, spent) => {
      samples.get(kind)?.push(spent.ms * 1000);
      steps.set(kind, Math.max(spent.steps, steps.get(kind) ?? 0));
    });
  }
  if (tables.paths.size !== paths || kernel.luns.some(({ members }) => members.length !== PATHS_PER_LUN)) fail();
  const figures = (kind: Kind): EventFigures[Kind] => {
    const values = (samples.get(kind) ?? []).sort((a, b) => a - b);
    const at = (share: number): number => values[Math.floor(values.length * share)] ?? NaN;
    return { median: at(0.5), mean: values.reduce((a, b) => a + b, 0) / values.length, p99: at(0.99), steps: steps.get(kind) ?? 0 };
  };
  return Object.fromEntries(KINDS.map((kind) => [kind, figures(kind)])) as EventFigures;
}
