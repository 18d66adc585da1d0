import { readFileSync } from 'node:fs';
import { MUTANTS, mutantsWith } from './list';

test('without a word all mutants are chosen', () => {
  expect(mutantsWith([])).toEqual(MUTANTS);
});

test('a mutant is chosen that has all the words in its name', () => {
  const { name } = MUTANTS[0]!;
  const [first = '', ...others] = name.split(' ');
  expect(mutantsWith([first, ...others]).map((one) => one.name)).toContain(name);
  expect(mutantsWith([first, 'nothing of this kind'])).toEqual([]);
});

test.each(MUTANTS.map((one) => [one.name, one] as const))('the source has once what %s changes', (_, mutant) => {
  expect(readFileSync(mutant.file, 'utf8').split(mutant.from)).toHaveLength(2);
});
