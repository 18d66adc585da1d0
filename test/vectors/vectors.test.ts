/**
 * One test for every case of every JSON file in this folder. A case without a runner, or whose runner says that it
 * needs a missing part, is counted and named in the file's summary. It does not count as passed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { casesOf, type VectorCase, type VectorOutcome, type VectorRunner } from './runner';

function isRunner(value: unknown): value is VectorRunner {
  return typeof value === 'object' && value !== null && 'file' in value && 'run' in value;
}

function loadRunner(file: string): VectorRunner | null {
  if (!existsSync(join(__dirname, `${file}.ts`))) return null;
  const loaded: unknown = jest.requireActual(`./${file}`);
  const found = Object.values(loaded ?? {}).find(isRunner);
  if (found === undefined || found.file !== file)
    throw new Error(`test/vectors/${file}.ts exports no runner of ${file}`);
  return found;
}

function countBy(names: string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
}

const files = readdirSync(__dirname)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length))
  .sort();

describe.each(files)('%s', (file) => {
  const cases = casesOf(JSON.parse(readFileSync(join(__dirname, `${file}.json`), 'utf8')));
  const runner = loadRunner(file);
  const run = (c: VectorCase): VectorOutcome => runner?.run(c) ?? { unsupported: 'no runner' };
  const outcomes = new Map<string, VectorOutcome | 'failed'>();
  const missing: Array<[VectorCase, string]> = [];
  const present: VectorCase[] = [];

  for (const c of cases) {
    try {
      const outcome = run(c);
      outcomes.set(c.id, outcome);
      if (outcome === 'passed') present.push(c);
      else missing.push([c, outcome.unsupported]);
    } catch {
      // The case runs again inside its own test, so that its failure shows there.
      outcomes.set(c.id, 'failed');
      present.push(c);
    }
  }

  for (const c of present) {
    test(c.id, () => {
      expect(run(c)).toBe('passed');
    });
  }

  test('every case is accounted for', () => {
    const passed = [...outcomes.values()].filter((outcome) => outcome === 'passed').length;
    const failed = [...outcomes.values()].filter((outcome) => outcome === 'failed').length;
    const rest =
      missing.length === 0 ? '' : `, ${missing.length} not there yet (${countBy(missing.map(([, why]) => why))})`;
    process.stdout.write(`vectors/${file}: ${passed} passed${failed === 0 ? '' : `, ${failed} failed`}${rest}\n`);
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    expect(passed + failed + missing.length).toBe(cases.length);
  });
});
