/**
 * No input below 1 MB takes a parser longer than a second of CPU: long repeats of each token, deep levels. It runs in a
 * process of its own with the bundled code, as the product does: in jest's sandbox the same code takes many times as
 * long.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { TARGETS } from './targets';

const ROOT = resolve(__dirname, '..', '..');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mpathd-fuzz-'));
  const bundle = ['--bundle', '--platform=node', '--target=node20', '--log-level=error', '--external:*.node'];
  execFileSync(join(ROOT, 'node_modules', '.bin', 'esbuild'), [
    join(__dirname, 'command.ts'),
    ...bundle,
    `--outdir=${folder}`,
  ]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const MINUTES = 60_000;

test.each(TARGETS.map(({ name }) => name))(
  '%s: no input just below 1 MB takes longer than a second',
  (name) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, 'command.js'), '--worst', name], {
      encoding: 'utf8',
      env: { ...process.env, FUZZ_ROOT: ROOT, JEST_WORKER_ID: undefined },
    });
    if (status !== 0) throw new Error(stdout + stderr);
    expect(stdout).toMatch(/^\w+: \d+ inputs/);
  },
  5 * MINUTES,
);
