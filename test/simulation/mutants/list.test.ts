import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MUTANTS, mutantsWith } from './list';

const ROOT = join(__dirname, '..', '..', '..');

test('no two mutants have the same name', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

test.each(MUTANTS)('$name: the text that it replaces occurs once in its file', ({ file, from, to }) => {
  expect(readFileSync(join(ROOT, file), 'utf8').split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});

test('without a word all mutants are chosen', () => {
  expect(mutantsWith([])).toEqual(MUTANTS);
});

test('a mutant is chosen that has all the words in its name', () => {
  const { name } = MUTANTS[0]!;
  const [first = '', ...others] = name.split(' ');
  expect(mutantsWith([first, ...others]).map((one) => one.name)).toContain(name);
  expect(mutantsWith([first, 'nothing of this kind'])).toEqual([]);
});
