import fc from 'fast-check';
import { bestGroup, groupPaths, groupPriority, prioritySysfs, type GroupMember } from '../../src/policy/grouping';

function member(devt: string, priority: number, more: Partial<GroupMember> = {}): GroupMember {
  return { devt, hcil: null, accessState: 'active/optimized', priority, usable: true, ...more };
}

const down = { usable: false };

function devts(groups: readonly GroupMember[][]): string[][] {
  return groups.map((group) => group.map(({ devt }) => devt));
}

test.each([
  ['active/optimized', 50, 50],
  ['active/non-optimized', 10, 90],
  ['lba-dependent', 5, 85],
  ['standby', 1, 81],
  ['unavailable', 0, 80],
  ['offline', 0, 80],
  ['transitioning', 0, 80],
  ['nonsense', 0, 80],
  [null, -1, -1],
])('a path that is %s has priority %i, preferred %i', (state, plain, preferred) => {
  expect(prioritySysfs(state, false)).toBe(plain);
  expect(prioritySysfs(state, true)).toBe(preferred);
});

describe('groupPriority', () => {
  test.each<[string, GroupMember[], number]>([
    ['no path usable', [member('8:0', 50, down)], 0],
    ['no path at all', [], 0],
    ['none defined', [member('8:0', -1), member('8:16', 50, down)], -1],
    ['undefined ones do not count', [member('8:0', -1), member('8:16', 10)], 10],
    ['cut to an integer', [member('8:0', 50), member('8:16', 1), member('8:32', 1)], 17],
    ['paths that are down do not count', [member('8:0', 50), member('8:16', 10, down)], 50],
    ['0 is defined', [member('8:0', 0), member('8:16', 10)], 5],
  ])('%s', (_, group, priority) => {
    expect(groupPriority(group)).toBe(priority);
  });
});

describe('groupPaths', () => {
  test.each<[string, GroupMember[], string[][]]>([
    ['no paths, no groups', [], []],
    ['one group where a path has no ALUA', [member('8:0', 50), member('8:16', 10, { accessState: null })], [['8:0', '8:16']]],
    ['one group per priority, the better first', [member('8:0', 10), member('8:16', 50), member('8:32', 10)], [['8:16'], ['8:0', '8:32']]],
    ['a group of dead paths comes last', [member('8:0', 50, down), member('8:16', 10)], [['8:16'], ['8:0']]],
    ['undefined priorities come after priority 0', [member('8:0', -1), member('8:16', 0)], [['8:16'], ['8:0']]],
    [
      'dead groups keep the order of their paths',
      [member('8:16', 10, down), member('8:0', 50, down)],
      [['8:0'], ['8:16']],
    ],
    ['numbers are compared as numbers', [member('65:0', 1), member('8:16', 1), member('8:2', 1), member('8:128', 1)], [['8:2', '8:16', '8:128', '65:0']]],
    [
      'addresses come before device numbers',
      [member('8:0', 1, { hcil: '10:0:0:0' }), member('8:16', 1, { hcil: '2:0:0:10' }), member('8:32', 1, { hcil: '2:0:0:9' }), member('8:48', 1)],
      [['8:32', '8:16', '8:0', '8:48']],
    ],
    ['an address that is none comes last', [member('8:0', 1, { hcil: 'x:y' }), member('8:16', 1, { hcil: '0:0:0:0' })], [['8:16', '8:0']]],
  ])('%s', (_, paths, groups) => {
    expect(devts(groupPaths(paths))).toEqual(groups);
  });

  test('more usable paths decide between equal means', () => {
    const groups = groupPaths([member('8:0', -1), member('8:16', 0, down), member('8:32', -1), member('8:48', 7, down), member('8:64', 7, down)]);
    expect(devts(groups)).toEqual([['8:16'], ['8:48', '8:64'], ['8:0', '8:32']]);
  });

  const anyMember = fc.record({
    devt: fc.nat(300).map((minor) => `8:${minor}`),
    hcil: fc.option(fc.tuple(fc.nat(3), fc.nat(3)).map(([h, l]) => `${h}:0:0:${l}`)),
    accessState: fc.option(fc.constantFrom('active/optimized', 'standby'), { freq: 20 }),
    priority: fc.constantFrom(-1, 0, 1, 10, 50),
    usable: fc.boolean(),
  });

  test('puts every path in one group, in an order that does not depend on that of discovery', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyMember, { selector: ({ devt }) => devt, maxLength: 12 }).chain((paths) =>
          fc.tuple(fc.constant(paths), fc.shuffledSubarray(paths, { minLength: paths.length })),
        ),
        ([paths, shuffled]) => {
          const groups = groupPaths(paths);
          expect(groups.flat().map(({ devt }) => devt).sort()).toEqual(paths.map(({ devt }) => devt).sort());
          expect(groups.every((group) => group.length > 0)).toBe(true);
          expect(devts(groupPaths(shuffled))).toEqual(devts(groups));
        },
      ),
    );
  });
});

describe('bestGroup', () => {
  test.each<[string, GroupMember[][], number]>([
    ['no groups', [], 1],
    ['no group usable', [[member('8:0', 1, down)], [member('8:16', 50, down)]], 1],
    ['the only usable one', [[member('8:0', 50, down)], [member('8:16', 1)]], 2],
    ['the higher priority', [[member('8:0', 10)], [member('8:16', 50)]], 2],
    ['the first of equals', [[member('8:0', 10)], [member('8:16', 10)]], 1],
    ['more usable paths', [[member('8:0', 10)], [member('8:16', 10), member('8:32', 10)]], 2],
    ['an undefined priority rather than a dead group', [[member('8:0', 50, down)], [member('8:16', -1)]], 2],
  ])('%s', (_, groups, number) => {
    expect(bestGroup(groups)).toBe(number);
  });

  test('is the first of the groups that groupPaths makes, if any path is usable and has a priority', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(1, 10, 50), fc.boolean()), { minLength: 1, maxLength: 8 }), (list) => {
        const groups = groupPaths(list.map(([priority, usable], i) => member(`8:${i}`, priority, { usable })));
        expect(bestGroup(groups)).toBe(1);
      }),
    );
  });
});
