import { groupToSwitchTo, isInOrder } from '../../src/policy/failback';
import type { Ranked } from '../../src/policy/grouping';

const path = (priority: number, more: Partial<Ranked> = {}): Ranked => ({
  priority,
  usable: true,
  marginal: false,
  ...more,
});
const dead = (priority: number): Ranked => path(priority, { usable: false });
const marginal = (priority: number): Ranked => path(priority, { marginal: true });

test.each<[string, Ranked[][], boolean]>([
  ['priorities fall', [[path(50)], [path(10)], [path(1)]], true],
  ['equal priorities', [[path(10)], [path(10)]], true],
  ['a priority rises', [[path(10)], [path(50)]], false],
  ['it rises behind an undefined one', [[path(10)], [path(-1)], [path(50)]], false],
  ['an undefined one does not count', [[path(-1)], [path(50)]], true],
  ['a dead group does not count', [[dead(50)], [path(10)], [path(5)]], true],
  ['marginal ones last', [[path(1)], [marginal(50)]], true],
  ['a marginal one before a normal one', [[marginal(50)], [path(1)]], false],
  ['marginal ones have an order, too', [[path(50)], [marginal(1)], [marginal(10)]], false],
  ['one group', [[path(1)]], true],
  ['none', [], true],
])('order: %s', (_, groups, inOrder) => {
  expect(isInOrder(groups)).toBe(inOrder);
});

test.each<[string, Ranked[][], number, number | null]>([
  ['the best is in use', [[path(50)], [path(10)]], 1, null],
  ['another is in use', [[path(50)], [path(10)]], 2, 1],
  ['the best is dead', [[dead(50)], [path(10)]], 1, 2],
  ['all are dead', [[dead(50)], [dead(10)]], 2, null],
  ['one group', [[path(50)]], 1, null],
  ['equal ones, the second in use', [[path(10)], [path(10)]], 2, 1],
  ['no groups', [], 0, null],
])('group to switch to: %s', (_, groups, inUse, group) => {
  expect(groupToSwitchTo(groups, inUse)).toBe(group);
});
