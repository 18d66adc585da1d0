/**
 * Benchmarks of the engine alone, run by `scripts/bench engine`; figures are printed, nothing is
 * asserted about time. Each measurement is a process of its own, so that none inherits another's
 * heap and compiled code, and is repeated, since others may use the machine.
 *   events PATHS | resync PATHS | memory PATHS   one measurement, as JSON
 */
import { execFileSync } from 'node:child_process';
import { KINDS, measureEvents, type EventFigures } from './engineEvents';
import { measureMemory, type MemoryFigures } from './engineMemory';
import { measureResync, type ResyncFigures } from './engineResync';

const SIZES = [100, 10_000, 100_000];
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);

function child<T>(...args: string[]): T {
  const flags = ['--expose-gc', '--max-old-space-size=6000'];
  const out = execFileSync(process.execPath, [...flags, __filename, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(out) as T;
}

const lowest = (values: number[]): number => Math.min(...values);
const cell = (value: number): string => value.toFixed(value < 10 ? 2 : 1).padStart(9);

function printEvents(): void {
  const runs = new Map<number, EventFigures[]>(SIZES.map((size) => [size, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const size of SIZES) runs.get(size)?.push(child<EventFigures>('events', `${size}`));
  }
  const best = (size: number, kind: (typeof KINDS)[number], figure: 'median' | 'p99' | 'mean'): number =>
    lowest((runs.get(size) ?? []).map((run) => run[kind][figure]));
  console.log(`\nEngine time of one event with all that follows from it, us; the best of ${ROUNDS} runs`);
  console.log(`${''.padEnd(26)}${'steps'.padStart(6)}${SIZES.map((size) => `${size} paths`.padStart(27)).join('')}${'ratio of'.padStart(10)}`);
  console.log(`${''.padEnd(32)}${SIZES.map(() => `${'median'.padStart(9)}${'mean'.padStart(9)}${'p99'.padStart(9)}`).join('')}${'medians'.padStart(10)}${'means'.padStart(7)}`);
  for (const kind of KINDS) {
    const steps = runs.get(SIZES[0] ?? 0)?.[0]?.[kind].steps ?? 0;
    const cells = SIZES.map((size) => cell(best(size, kind, 'median')) + cell(best(size, kind, 'mean')) + cell(best(size, kind, 'p99')));
    const ratio = (figure: 'median' | 'mean'): number => best(SIZES.at(-1) ?? 0, kind, figure) / best(SIZES[0] ?? 0, kind, figure);
    console.log(`${kind.padEnd(26)}${`${steps}`.padStart(6)}${cells.join('')}${ratio('median').toFixed(2).padStart(10)}${ratio('mean').toFixed(2).padStart(7)}`);
  }
}

function printResync(): void {
  const runs = Array.from({ length: ROUNDS }, () => child<ResyncFigures>('resync', '10000'));
  console.log('\nA resync of 10,000 paths in 2,500 maps that finds nothing changed, ms of engine time');
  for (const figure of ['first', 'median', 'lowest', 'highest'] as const) {
    const values = runs.map((run) => run[figure]);
    console.log(`${figure.padEnd(26)}${cell(lowest(values))}  (best of ${ROUNDS} runs; worst ${Math.max(...values).toFixed(1)})`);
  }
  console.log(`inputs ${runs[0]?.inputs}`);
}

function printMemory(): void {
  console.log('\nMemory of the daemon (engine, runtime, journal of 16 MiB), after garbage collection');
  for (const size of [100, 10_000]) {
    const { heapBytes, outsideBytes } = child<MemoryFigures>('memory', `${size}`);
    const each = ((heapBytes + outsideBytes) / size / 1024).toFixed(1);
    console.log(`${`${size} paths`.padEnd(26)}${cell(heapBytes / 2 ** 20)} MiB in the heap${cell(outsideBytes / 2 ** 20)} MiB outside; ${each} KiB per path`);
  }
}

async function main(what: string | undefined, paths: number, where: string | undefined): Promise<void> {
  switch (what) {
    case 'events':
      console.log(JSON.stringify(measureEvents(paths, where === 'few' ? 'few' : 'anywhere')));
      return;
    case 'resync':
      console.log(JSON.stringify(measureResync(paths)));
      return;
    case 'memory':
      console.log(JSON.stringify(await measureMemory(paths)));
      return;
    default:
      printEvents();
      printResync();
      printMemory();
  }
}

void main(process.argv[2], Number(process.argv[3]), process.argv[4]);
