import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MUTANTS } from './list';

const ROOT = join(__dirname, '..', '..', '..');

test('no two mutants have the same name', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

test.each(MUTANTS)('$name: the text that it replaces occurs once in its file', ({ file, from, to }) => {
  expect(readFileSync(join(ROOT, file), 'utf8').split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});
