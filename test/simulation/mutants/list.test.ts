import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MUTANTS } from './list';

const ROOT = join(__dirname, '..', '..', '..');

test('no two breaks have one name', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

test.each(MUTANTS)('$name: what it breaks is in its file, once', ({ file, from, to }) => {
  expect(readFileSync(join(ROOT, file), 'utf8').split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});
