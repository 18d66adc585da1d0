/** No input below 1 MB takes a parser longer than a second of CPU: long repeats of each token, deep levels. */
import { tryInput } from './run';
import type { FuzzTarget } from './target';
import { TARGETS } from './targets';

const JUST_BELOW = 999_000;

const named = TARGETS.map((target): [string, FuzzTarget] => [target.name, target]);

test.each(named)('%s: no input just below 1 MB takes longer than a second', (_, target) => {
  const worst = target.worst(JUST_BELOW - 1_000);
  expect(worst.length).toBeGreaterThan(2);
  const faults = worst.flatMap((input) => {
    const { error } = tryInput(target, input.subarray(0, JUST_BELOW));
    return error === null ? [] : [`${JSON.stringify(input.subarray(0, 60).toString('latin1'))}…: ${error}`];
  });
  expect(faults).toEqual([]);
});
