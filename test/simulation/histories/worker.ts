/** A process that plays batches of histories. */
import fc from 'fast-check';
import { largeHistory, smallHistory } from './arbitrary';
import type { History } from './history';
import { createDigest } from './digest';
import { play } from './play';

export interface Batch {
  seed: number;
  runs: number;
  /** null: small machines, a new one for each history. */
  machine: { luns: number; ports: number } | null;
  /** True if the digest of each history is wanted. */
  digests?: boolean;
}

export interface BatchResult {
  seed: number;
  runs: number;
  broken: { history: History; what: string } | null;
  digests: string[];
}

/** Longest time, ms, to shrink a history. Then the shortest one so far is reported. */
const SHRINK_MS = 60_000;

/** Plays one batch, and shrinks a history that fails. */
export async function playBatch(batch: Batch): Promise<BatchResult> {
  const histories = batch.machine === null ? smallHistory : largeHistory(batch.machine.luns, batch.machine.ports);
  const digests: string[] = [];
  let failedAt: number | null = null;
  const property = fc.asyncProperty(histories, async (history) => {
    if (failedAt !== null && performance.now() - failedAt > SHRINK_MS) return;
    const digest = batch.digests === true ? createDigest() : undefined;
    const [first] = await play(history, { digest });
    if (digest !== undefined) digests.push(digest.text());
    if (first === undefined) return;
    failedAt ??= performance.now();
    throw new Error(first);
  });
  const details = await fc.check(property, { seed: batch.seed, numRuns: batch.runs });
  if (!details.failed) return { seed: batch.seed, runs: details.numRuns, broken: null, digests };
  const history = details.counterexample?.[0];
  if (history === undefined) throw new Error('a failure without a counterexample');
  const what =
    details.errorInstance instanceof Error
      ? details.errorInstance.message || String(details.errorInstance)
      : String(details.errorInstance);
  return { seed: batch.seed, runs: details.numRuns, broken: { history, what }, digests };
}

if (process.send !== undefined && require.main === module) {
  // The simulated kernel refuses by exceptions, thousands of them. Nobody needs their stack traces.
  Error.stackTraceLimit = 0;
  process.on('message', (batch: Batch) => void playBatch(batch).then((result) => process.send?.(result)));
}
