/** `scripts/fuzz`: runs targets for as long as one likes, and prints what it finds. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fuzz, tryInput } from './run';
import type { FuzzTarget } from './target';
import { TARGETS } from './targets';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string' },
    list: { type: 'boolean' },
    worst: { type: 'boolean' },
  },
});

function numberOf(text: string | undefined, standard: number): number {
  const number = text === undefined ? standard : Number(text);
  if (!(number >= 0)) throw new Error(`${text} is no number`);
  return number;
}

const JUST_BELOW = 999_000;

/** Inputs that could take long; returns the number of faults. */
function worst(target: FuzzTarget): number {
  const inputs = target.worst(JUST_BELOW - 1_000).map((input) => input.subarray(0, JUST_BELOW));
  let slowest = 0;
  const faults = inputs.flatMap((input) => {
    const { error, ms } = tryInput(target, input);
    slowest = Math.max(slowest, ms);
    return error === null ? [] : [`  ${JSON.stringify(input.subarray(0, 60).toString('latin1'))}…: ${error}\n`];
  });
  console.log(`${target.name}: ${inputs.length} inputs that could take long, the slowest ${slowest.toFixed(0)} ms`);
  process.stdout.write(faults.join(''));
  return faults.length;
}

async function main(): Promise<number> {
  if (values.list === true) {
    console.log(TARGETS.map(({ name }) => name).join('\n'));
    return 0;
  }
  const unknown = positionals.filter((name) => !TARGETS.some((target) => target.name === name));
  if (unknown.length > 0) throw new Error(`no such target: ${unknown.join(' ')}; scripts/fuzz --list has them`);
  const seed = numberOf(values.seed, Math.floor(Math.random() * 2 ** 31));
  const seconds = numberOf(values.seconds, 10);
  let faults = 0;
  for (const target of TARGETS) {
    if (positionals.length > 0 && !positionals.includes(target.name)) continue;
    if (values.worst === true) {
      faults += worst(target);
      continue;
    }
    const run = await fuzz(target, seed, seconds, numberOf(values.runs, Infinity));
    console.log(
      `${target.name}: ${run.inputs} inputs of up to ${run.largest} bytes from seed ${seed}, the slowest ${run.slowestMs.toFixed(0)} ms`,
    );
    if (run.fault === null) continue;
    faults += 1;
    const file = `build/fuzz/${target.name}.${run.fault.seed}`;
    writeFileSync(file, run.fault.input);
    console.log(
      `  FAULT, again by: scripts/fuzz --seed ${run.fault.seed} --runs 1 ${target.name}\n  input: ${file}\n  ${run.fault.error}`,
    );
  }
  return faults === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  },
);
