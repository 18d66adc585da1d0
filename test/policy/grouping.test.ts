import fc from 'fast-check';
import {
  bestGroup,
  groupPaths,
  groupPriority,
  isMarginal,
  type GroupMember,
  type Grouping,
} from '../../src/policy/grouping';

interface Named extends GroupMember {
  name: string;
}

function member(name: string, priority: number, more: Partial<GroupMember> = {}): Named {
  return { name, priority, usable: true, marginal: false, serial: null, nodeName: null, tpg: null, ...more };
}

const down = { usable: false };
const marginal = { marginal: true };

const names = (groups: readonly Named[][]): string[] => groups.map((group) => group.map(({ name }) => name).join(' '));

describe('groupPriority', () => {
  test.each<[string, GroupMember[], number]>([
    ['no path usable', [member('a', 50, down)], 0],
    ['no path at all', [], 0],
    ['none defined', [member('a', -1), member('b', 50, down)], -1],
    ['undefined ones do not count', [member('a', -1), member('b', 10)], 10],
    ['cut to an integer', [member('a', 50), member('b', 1), member('c', 1)], 17],
    ['paths that are down do not count', [member('a', 50), member('b', 10, down)], 50],
    ['0 is defined', [member('a', 0), member('b', 10)], 5],
  ])('%s', (_, group, priority) => {
    expect(groupPriority(group)).toBe(priority);
  });
});

test('a group is marginal if all its paths are', () => {
  expect(isMarginal([member('a', 1, marginal), member('b', 1)])).toBe(false);
  expect(isMarginal([member('a', 1, marginal), member('b', 1, marginal)])).toBe(true);
  expect(isMarginal([])).toBe(false);
});

describe('groupPaths', () => {
  test.each<[string, Grouping, Named[], string[]]>([
    ['no paths, no groups', 'failover', [], []],
    [
      'failover: each alone, equal ones in their order',
      'failover',
      [member('a', 1), member('b', 1), member('c', 9)],
      ['c', 'a', 'b'],
    ],
    ['multibus: all together, in their order', 'multibus', [member('b', 1), member('a', 50)], ['b a']],
    [
      'by priority, the better first',
      'group_by_prio',
      [member('a', 10), member('b', 50), member('c', 10)],
      ['b', 'a c'],
    ],
    ['a group of dead paths comes last', 'group_by_prio', [member('a', 50, down), member('b', 10)], ['b', 'a']],
    ['undefined priorities come after priority 0', 'group_by_prio', [member('a', -1), member('b', 0)], ['b', 'a']],
    [
      'by serial number; those without one share a group',
      'group_by_serial',
      [member('a', 1, { serial: 'x' }), member('b', 1), member('c', 1, { serial: 'x' }), member('d', 1)],
      ['a c', 'b d'],
    ],
    [
      'by target node name',
      'group_by_node_name',
      [member('a', 1, { nodeName: 'n1' }), member('b', 2, { nodeName: 'n2' }), member('c', 1, { nodeName: 'n1' })],
      ['b', 'a c'],
    ],
    [
      'by target port group',
      'group_by_tpg',
      [
        member('a', 50, { tpg: 0 }),
        member('b', 10, { tpg: 1 }),
        member('c', 50, { tpg: 2 }),
        member('d', 50, { tpg: 0 }),
      ],
      ['a d', 'c', 'b'],
    ],
    [
      'more usable paths decide between equal priorities',
      'group_by_serial',
      [member('a', 1), member('b', 1, { serial: 'x' }), member('c', 1, { serial: 'x' })],
      ['b c', 'a'],
    ],
    [
      'a marginal group comes last, whatever its priority',
      'failover',
      [member('a', 50, marginal), member('b', 1)],
      ['b', 'a'],
    ],
  ])('%s', (_, policy, paths, groups) => {
    expect(names(groupPaths(paths, policy))).toEqual(groups);
  });

  test('marginal paths are in groups of their own only if the setting asks for it', () => {
    const paths = [member('a', 1, marginal), member('b', 1), member('c', 1, marginal), member('d', 1)];
    expect(names(groupPaths(paths, 'multibus'))).toEqual(['a b c d']);
    expect(names(groupPaths(paths, 'multibus', true))).toEqual(['b d', 'a c']);
  });

  const policies = fc.constantFrom<Grouping>(
    'failover',
    'multibus',
    'group_by_serial',
    'group_by_prio',
    'group_by_node_name',
    'group_by_tpg',
  );
  const paths = fc
    .array(
      fc.record({
        priority: fc.constantFrom(-1, 0, 1, 10, 50),
        usable: fc.boolean(),
        marginal: fc.boolean(),
        serial: fc.constantFrom(null, 's', 't'),
        nodeName: fc.constantFrom(null, 'n', 'm'),
        tpg: fc.constantFrom(null, 1, 2),
      }),
      { maxLength: 12 },
    )
    .map((list) => list.map((one, at) => ({ ...one, name: String(at) })));

  test('every path is in one group, no group is empty, and paths keep their order', () => {
    fc.assert(
      fc.property(paths, policies, fc.boolean(), (list, policy, apart) => {
        const groups = groupPaths(list, policy, apart);
        expect(
          groups
            .flat()
            .map(({ name }) => name)
            .sort(),
        ).toEqual(list.map(({ name }) => name).sort());
        for (const group of groups) {
          expect(group.length).toBeGreaterThan(0);
          const numbers = group.map(({ name }) => Number(name));
          expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
          if (apart) expect(new Set(group.map((path) => path.marginal)).size).toBe(1);
        }
      }),
    );
  });

  test('the best group is the first that has a usable path with a priority, if there is one', () => {
    fc.assert(
      fc.property(paths, policies, (list, policy) => {
        const groups = groupPaths(
          list.map((path) => ({ ...path, priority: Math.max(1, path.priority), marginal: false })),
          policy,
        );
        const first = groups.findIndex((group) => group.some(({ usable }) => usable));
        expect(bestGroup(groups)).toBe(Math.max(1, first + 1));
      }),
    );
  });
});

describe('bestGroup', () => {
  test.each<[string, GroupMember[][], number]>([
    ['no groups', [], 1],
    ['no group usable', [[member('a', 1, down)], [member('b', 50, down)]], 1],
    ['the only usable one', [[member('a', 50, down)], [member('b', 1)]], 2],
    ['the higher priority', [[member('a', 10)], [member('b', 50)]], 2],
    ['the first of equals', [[member('a', 10)], [member('b', 10)]], 1],
    ['more usable paths', [[member('a', 10)], [member('b', 10), member('c', 10)]], 2],
    ['an undefined priority rather than a dead group', [[member('a', 50, down)], [member('b', -1)]], 2],
    ['a marginal group only where there is no other', [[member('a', 50, marginal)], [member('b', 1)]], 2],
    ['a marginal group rather than a dead one', [[member('a', 50, marginal)], [member('b', 1, down)]], 1],
  ])('%s', (_, groups, number) => {
    expect(bestGroup(groups)).toBe(number);
  });
});
