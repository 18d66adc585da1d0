/** `scripts/mutants`: builds each mutant and plays histories on it until one of them catches it. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { type Mutant, mutantsWith } from './list';

/** Seeds for each mutant. Each seed gives one batch of histories. */
const BATCHES = 40;
const RUNS = 250;
/** If a mutant ends no history in this time, ms, it is in an endless loop. */
const PATIENCE_MS = 60_000;
const WORKERS = Number(process.env.WORKERS ?? 2);

interface Examination {
  mutant: Mutant;
  /** The promise that caught the mutant; null: none did. */
  caughtBy: string | null;
  histories: number;
}

function replacing(mutant: Mutant): Plugin {
  const path = resolve(mutant.file);
  return {
    name: 'mutant',
    setup: (bundler) => {
      bundler.onLoad({ filter: /\.ts$/ }, (args) => {
        if (args.path !== path) return undefined;
        const text = readFileSync(path, 'utf8');
        if (text.split(mutant.from).length !== 2) throw new Error(`${mutant.file} does not have once: ${mutant.from}`);
        return { contents: text.replace(mutant.from, () => mutant.to), loader: 'ts' };
      });
    },
  };
}

async function examine(mutant: Mutant, at: number): Promise<Examination> {
  const outfile = join('build', 'mutants', `${at}.js`);
  const entryPoints = ['test/simulation/mutants/examine.ts'];
  await build({
    entryPoints,
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile,
    logLevel: 'error',
    plugins: [replacing(mutant)],
  });
  const child = spawn(process.execPath, [outfile, String(BATCHES), String(RUNS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const watchdog = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  for await (const chunk of child.stdout) {
    text += String(chunk);
    watchdog.refresh();
  }
  clearTimeout(watchdog);
  const histories = text.split('\n').length;
  const end = text.trim();
  const caughtBy =
    end === ''
      ? `a history did not end within ${PATIENCE_MS / 1000} s`
      : (JSON.parse(end) as { caughtBy: string | null }).caughtBy;
  return { mutant, caughtBy, histories };
}

const SOUND: Mutant = {
  name: 'nothing is broken',
  file: 'src/engine/engine.ts',
  from: 'export function createEngine',
  to: 'export function createEngine',
};

async function main(): Promise<number> {
  mkdirSync(join('build', 'mutants'), { recursive: true });
  const words = process.argv.slice(2);
  const chosen = mutantsWith(words);
  if (chosen.length === 0) {
    console.log(`no mutant has in its name: ${words.join(', ')}`);
    return 2;
  }
  // If the daemon itself breaks a promise, this promise would catch every mutant.
  const sound = await examine(SOUND, -1);
  if (sound.caughtBy !== null) {
    console.log(`the unbroken daemon breaks a promise after ${sound.histories} histories: ${sound.caughtBy}`);
    return 2;
  }
  const todo = chosen.entries();
  const examinations: Examination[] = [];
  const work = async (): Promise<void> => {
    for (let next = todo.next(); next.done !== true; next = todo.next()) {
      const [at, mutant] = next.value;
      const examination = await examine(mutant, at);
      examinations.push(examination);
      const { caughtBy, histories } = examination;
      console.log(
        caughtBy === null
          ? `SURVIVED ${mutant.name} (${histories} histories)`
          : `caught   ${mutant.name}\n         after ${histories} histories: ${caughtBy}`,
      );
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  const caught = examinations.filter(({ caughtBy }) => caughtBy !== null).length;
  console.log(`${caught} of ${examinations.length} mutants were caught`);
  return caught === examinations.length ? 0 : 1;
}

void main().then((code) => {
  process.exitCode = code;
});
