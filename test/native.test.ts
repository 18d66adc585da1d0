import { spawnSync } from 'child_process';
import { readdirSync } from 'fs';
import { basename, join } from 'path';

const ROOT = join(__dirname, '..');
const MINUTES = 60_000;

/** One test per C++ file: built and run under AddressSanitizer and UndefinedBehaviorSanitizer. */
const NAMES = readdirSync(join(ROOT, 'test', 'native'))
  .filter((file) => /_(test|fuzz)\.cc$/.test(file))
  .map((file) => basename(file, '.cc'))
  .sort();

function run(name: string): { code: number | null; output: string } {
  const result = spawnSync(join(ROOT, 'scripts', 'test-native'), [name], { encoding: 'utf8' });
  return { code: result.status, output: result.stdout + result.stderr };
}

test.each(NAMES)(
  'native %s passes under the sanitizers',
  (name) => {
    const { code, output } = run(name);
    if (code !== 0) throw new Error(output);
    expect(output).toMatch(/tests, 0 failed|no fault/);
  },
  10 * MINUTES,
);

test('a name that no native test has is an error', () => {
  expect(run('no-such-test').code).toBe(2);
});
