/** What a resync that finds nothing changed costs the engine. */
import { createBenchKernel, PATHS_PER_LUN, type BenchKernel } from './engineKernel';
import { batch } from './largeSan';

/** Milliseconds of engine time for all inputs of one resync together. */
export interface ResyncFigures {
  /** The first resync after the start, with no compiled code. */
  first: number;
  median: number;
  lowest: number;
  highest: number;
  /** CPU time of the process in the engine's steps, median. Other work on the machine affects it less. */
  cpu: number;
  inputs: number;
}

const RESYNCS = 15;

/** Milliseconds of CPU since the process began. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Counts the CPU time of the engine's later steps. */
function countCpu({ engine }: BenchKernel): () => number {
  const { step } = engine;
  let spent = 0;
  engine.step = (input) => {
    const begin = cpuTime();
    const effects = step(input);
    spent += cpuTime() - begin;
    return effects;
  };
  return () => spent;
}

export function measureResync(paths: number): ResyncFigures {
  const kernel = createBenchKernel(paths / PATHS_PER_LUN);
  const cpu = countCpu(kernel);
  const spent = Array.from({ length: RESYNCS }, () => {
    const before = kernel.engine.tables.truth.resyncs;
    global.gc?.();
    const cpuBefore = cpu();
    const one = kernel.feed(batch({ losses: [{ cause: 'overrun', count: 1 }] }));
    if (kernel.engine.tables.truth.resyncs !== before + 1) throw new Error('no resync');
    return { ...one, cpu: cpu() - cpuBefore };
  });
  const [first] = spent;
  const sorted = spent.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    first: first?.ms ?? NaN,
    median: sorted[Math.floor(sorted.length / 2)] ?? NaN,
    lowest: sorted[0] ?? NaN,
    highest: sorted.at(-1) ?? NaN,
    cpu: spent.map((one) => one.cpu).sort((a, b) => a - b)[Math.floor(RESYNCS / 2)] ?? NaN,
    inputs: first?.steps ?? 0,
  };
}
