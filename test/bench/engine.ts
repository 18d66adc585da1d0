/**
 * Benchmarks of the engine alone, run by `scripts/bench engine`. They print figures, and assert nothing about time.
 * Each measurement is a process of its own, so that it does not inherit the heap and compiled code of another. It is
 * repeated, because other processes may use the machine.
 *     events PATHS anywhere|few | turns CONDITION | resync PATHS | memory PATHS   one measurement, as JSON
 */
import { execFileSync } from 'node:child_process';
import {
  CONDITIONS,
  KINDS,
  measureByTurns,
  measureEvents,
  type Condition,
  type EventFigures,
  type Kind,
  type Where,
} from './engineEvents';
import { measureMemory, type MemoryFigures } from './engineMemory';
import { measureResync, type ResyncFigures } from './engineResync';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

function child<T>(...args: string[]): T {
  const flags = ['--expose-gc', '--max-old-space-size=6000'];
  const out = execFileSync(process.execPath, [...flags, __filename, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(out) as T;
}

const lowest = (values: number[]): number => Math.min(...values);
const cell = (value: number): string => value.toFixed(value < 10 ? 2 : 1).padStart(9);

interface Column {
  paths: number;
  where: Where;
}

const COLUMNS: Column[] = [
  { paths: 100, where: 'anywhere' },
  { paths: 10_000, where: 'anywhere' },
  { paths: 100_000, where: 'anywhere' },
  { paths: 100_000, where: 'few' },
];

function printEvents(): void {
  const runs = COLUMNS.map((): EventFigures[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, { paths, where }] of COLUMNS.entries())
      runs[at]?.push(child<EventFigures>('events', `${paths}`, where));
  }
  const best = (column: number, kind: Kind, figure: 'median' | 'p99' | 'mean'): number =>
    lowest((runs[column] ?? []).map((run) => run[kind][figure]));
  console.log(
    `\nEngine time of one event with all that follows from it, us; the best of ${ROUNDS} runs. "few": all events at the same 100 paths`,
  );
  console.log(
    `${''.padEnd(26)}${COLUMNS.map(({ paths, where }) => `${paths} paths${where === 'few' ? ', few' : ''}`.padStart(27)).join('')}${'medians to the first'.padStart(24)}`,
  );
  console.log(
    `${''.padEnd(26)}${COLUMNS.map(() => `${'median'.padStart(9)}${'mean'.padStart(9)}${'p99'.padStart(9)}`).join('')}`,
  );
  for (const kind of KINDS) {
    const cells = COLUMNS.map(
      (_, at) => cell(best(at, kind, 'median')) + cell(best(at, kind, 'mean')) + cell(best(at, kind, 'p99')),
    );
    const ratios = COLUMNS.slice(1).map((_, at) =>
      (best(at + 1, kind, 'median') / best(0, kind, 'median')).toFixed(2).padStart(8),
    );
    console.log(`${kind.padEnd(26)}${cells.join('')}${ratios.join('')}`);
  }
}

const SIZES = [100, 100_000] as const;

function printTurns(): void {
  console.log(
    `\nThe same by turns on tables of ${SIZES.join(' and ')} paths in one process; medians, us, and what the larger costs of the smaller`,
  );
  const conditions = Object.keys(CONDITIONS) as Condition[];
  const runs = conditions.map((condition) => child<EventFigures[]>('turns', condition));
  console.log(`${''.padEnd(26)}${conditions.map((condition) => condition.padStart(27)).join('')}`);
  for (const kind of KINDS) {
    const cells = runs.map(([small, large]) => {
      const [a, b] = [small?.[kind].median ?? NaN, large?.[kind].median ?? NaN];
      return cell(a) + cell(b) + (b / a).toFixed(2).padStart(9);
    });
    console.log(`${kind.padEnd(26)}${cells.join('')}`);
  }
}

function printResync(): void {
  const runs = Array.from({ length: ROUNDS }, () => child<ResyncFigures>('resync', '10000'));
  console.log('\nA resync of 10,000 paths in 2,500 maps that finds nothing changed, ms of engine time');
  for (const figure of ['first', 'median', 'lowest', 'highest', 'cpu'] as const) {
    const values = runs.map((run) => run[figure]);
    console.log(
      `${figure.padEnd(26)}${cell(lowest(values))}  (best of ${ROUNDS} runs; worst ${Math.max(...values).toFixed(1)})`,
    );
  }
  console.log(`inputs ${runs[0]?.inputs}`);
}

function printMemory(): void {
  console.log('\nMemory of the daemon (engine, runtime, journal of 16 MiB), after garbage collection');
  for (const size of [100, 10_000]) {
    const { heapBytes, outsideBytes } = child<MemoryFigures>('memory', `${size}`);
    const each = ((heapBytes + outsideBytes) / size / 1024).toFixed(1);
    console.log(
      `${`${size} paths`.padEnd(26)}${cell(heapBytes / 2 ** 20)} MiB in the heap${cell(outsideBytes / 2 ** 20)} MiB outside; ${each} KiB per path`,
    );
  }
}

async function main(what: string | undefined, paths: number, where: string | undefined): Promise<void> {
  switch (what) {
    case 'events':
      console.log(JSON.stringify(measureEvents(paths, where === 'few' ? 'few' : 'anywhere')));
      return;
    case 'turns':
      console.log(JSON.stringify(measureByTurns(SIZES, process.argv[3] as Condition)));
      return;
    case 'resync':
      console.log(JSON.stringify(measureResync(paths)));
      return;
    case 'memory':
      console.log(JSON.stringify(await measureMemory(paths)));
      return;
    default:
      printEvents();
      printTurns();
      printResync();
      printMemory();
  }
}

void main(process.argv[2], Number(process.argv[3]), process.argv[4]);
