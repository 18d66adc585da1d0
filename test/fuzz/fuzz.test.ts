/**
 * Each parser gets inputs of a fresh seed for FUZZ_SECONDS: ten in scripts/test, or else one. `FUZZ_SEED=N` repeats a
 * run. `scripts/fuzz` goes on for as long as one likes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inputOf } from './mutate';
import { fuzz, tryInput } from './run';
import type { FuzzTarget } from './target';
import { TARGETS } from './targets';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 1);
const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const named = TARGETS.map((target): [string, FuzzTarget] => [target.name, target]);

test.each(named)(
  '%s: no input of a fresh seed does harm',
  async (_, target) => {
    const { fault, inputs } = await fuzz(target, SEED, SECONDS);
    if (fault !== null)
      throw new Error(
        `scripts/fuzz --seed ${fault.seed} --runs 1 ${target.name}\n${fault.error}\n${JSON.stringify(fault.input.toString('latin1').slice(0, 2_000))}`,
      );
    expect(inputs).toBeGreaterThan(1);
  },
  (SECONDS + 120) * 1_000,
);

/** Inputs that once did harm, as `target.what it is`. */
const FOUND = join(__dirname, 'found');

test.each(readdirSync(FOUND))('found before: %s', (file) => {
  const target = TARGETS.find(({ name }) => name === file.split('.')[0]);
  if (target === undefined) throw new Error(`there is no target for ${file}`);
  expect(tryInput(target, readFileSync(join(FOUND, file))).error).toBeNull();
});

test('the same seed gives the same input', () => {
  const seeds = [Buffer.from('abc'), Buffer.from('defghi')];
  for (let seed = 0; seed < 200; seed++) expect(inputOf(seed, ['x'], seeds)).toEqual(inputOf(seed, ['x'], seeds));
  expect(
    new Set(Array.from({ length: 200 }, (_, seed) => inputOf(seed, ['x'], seeds).toString('hex'))).size,
  ).toBeGreaterThan(150);
});

test('a broken property, an untyped error and a slow input are faults', async () => {
  const broken = (check: FuzzTarget['check']): FuzzTarget => ({
    name: 'x',
    seeds: () => [Buffer.from('a')],
    tokens: ['b'],
    check,
    worst: () => [],
  });
  const thrower = broken((input) => {
    if (input.includes('b')) throw new TypeError('no');
  });
  const { fault } = await fuzz(thrower, 1, 5);
  expect(fault?.error).toContain('TypeError: no');
  expect(inputOf(fault?.seed ?? -1, ['b'], [Buffer.from('a')])).toEqual(fault?.input);
  const slow = broken(() => {
    for (const before = process.cpuUsage(); process.cpuUsage(before).user < 400_000; );
  });
  expect(tryInput(slow, Buffer.from('a'), 0.3).error).toMatch(/^1 bytes took \d+\.\d s$/);
});
