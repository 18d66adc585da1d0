/** `scripts/fuzz`: runs targets for as long as one likes, and prints what it finds. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fuzz } from './run';
import { TARGETS } from './targets';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string' },
    list: { type: 'boolean' },
  },
});

function numberOf(text: string | undefined, standard: number): number {
  const number = text === undefined ? standard : Number(text);
  if (!(number >= 0)) throw new Error(`${text} is no number`);
  return number;
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
