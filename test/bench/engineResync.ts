/** What a resync that finds nothing changed costs the engine. */
import { createBenchKernel, PATHS_PER_LUN } from './engineKernel';
import { batch } from './largeSan';

/** Milliseconds of engine time: all the inputs of one resync together. */
export interface ResyncFigures {
  /** The very first, with nothing compiled yet (after the start's own). */
  first: number;
  median: number;
  lowest: number;
  highest: number;
  inputs: number;
}

const RESYNCS = 15;

export function measureResync(paths: number): ResyncFigures {
  const kernel = createBenchKernel(paths / PATHS_PER_LUN);
  const spent = Array.from({ length: RESYNCS }, () => {
    const before = kernel.engine.tables.truth.resyncs;
    global.gc?.();
    const one = kernel.feed(batch({ losses: [{ cause: 'overrun', count: 1 }] }));
    if (kernel.engine.tables.truth.resyncs !== before + 1) throw new Error('no resync');
    return one;
  });
  const [first] = spent;
  const sorted = spent.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    first: first?.ms ?? NaN,
    median: sorted[Math.floor(sorted.length / 2)] ?? NaN,
    lowest: sorted[0] ?? NaN,
    highest: sorted.at(-1) ?? NaN,
    inputs: first?.steps ?? 0,
  };
}
