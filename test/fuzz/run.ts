/** Runs a target for a while. */
import { inputOf } from './mutate';
import type { FuzzTarget } from './target';

/**
 * No input below 1 MB may take longer, s of CPU. In jest's sandbox the same code takes many times as long. There only
 * what grows without a bound is a fault, and worstCases.test.ts measures outside of it.
 */
const LONGEST = process.env['JEST_WORKER_ID'] === undefined ? 1 : 10;

export interface Fault {
  /** `scripts/fuzz --seed N --runs 1 TARGET` tries this input again. */
  seed: number;
  input: Buffer;
  error: string;
}

/** The result of a run. */
export interface FuzzRun {
  target: string;
  firstSeed: number;
  inputs: number;
  largest: number;
  /** The longest time that one input took, ms. */
  slowestMs: number;
  fault: Fault | null;
}

/**
 * Why an input is a fault; null: it is none. Time counts as CPU time, and the least of three attempts counts, because
 * the machine may be busy.
 */
export function tryInput(target: FuzzTarget, input: Buffer, longest = LONGEST): { error: string | null; ms: number } {
  const { error, ms, isLate } = attempt(target, input, longest);
  if (!isLate) return { error, ms };
  const again = [attempt(target, input, longest), attempt(target, input, longest)];
  return { error: again.every((one) => one.isLate) ? error : null, ms: Math.min(ms, ...again.map((one) => one.ms)) };
}

function attempt(
  target: FuzzTarget,
  input: Buffer,
  longest: number,
): { error: string | null; ms: number; isLate: boolean } {
  const [wall, before] = [performance.now(), process.cpuUsage()];
  let error: string | null = null;
  try {
    target.check(input);
  } catch (thrown) {
    error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  }
  const ms = performance.now() - wall;
  if (error !== null || ms < longest * 1_000) return { error, ms, isLate: false };
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  const isLate = seconds >= longest;
  return { error: isLate ? `${input.length} bytes took ${seconds.toFixed(1)} s` : null, ms, isLate };
}

/** First the unchanged seeds, then inputs made from `seed`, `seed` + 1 and so on, until time or number is used up. */
export async function fuzz(target: FuzzTarget, seed: number, seconds: number, runs = Infinity): Promise<FuzzRun> {
  const seeds = await target.seeds();
  const result: FuzzRun = { target: target.name, firstSeed: seed, inputs: 0, largest: 0, slowestMs: 0, fault: null };
  const passes = (input: Buffer, of: number): boolean => {
    const { error, ms } = tryInput(target, input);
    result.inputs += 1;
    result.largest = Math.max(result.largest, input.length);
    result.slowestMs = Math.max(result.slowestMs, ms);
    if (error !== null) result.fault = { seed: of, input, error };
    return error === null;
  };
  if (runs !== 1) for (const input of seeds) if (!passes(input, -1)) return result;
  const until = performance.now() + seconds * 1_000;
  for (let at = 0; at < runs && performance.now() < until; at++) {
    const of = (seed + at) >>> 0;
    if (!passes(inputOf(of, target.tokens, seeds), of)) break;
  }
  return result;
}
