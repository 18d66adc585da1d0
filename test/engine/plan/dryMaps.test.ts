import fc from 'fast-check';
import { devtsIn, withMessage, withTable } from '../../../src/engine/plan/dryMaps';
import type { MapFacts } from '../../../src/model/facts';
import { parseStatus, parseTable } from '../../../src/policy/table';
import { mapFacts } from '../../fixtures';

const bare = mapFacts({ eventNr: 4, openCount: 1, hasLiveTable: false, hasInactiveTable: true, targets: [] });

const load = (params: string) => ({ sizeSectors: 2048, readOnly: false, params });
const TWO_GROUPS = '1 queue_if_no_path 1 alua 2 1 service-time 0 2 1 8:0 1 8:16 1 service-time 0 1 1 8:32 1';

/** The table and status that the engine would read from the map. */
function read(map: MapFacts) {
  const [target] = map.targets;
  const table = parseTable(target?.table ?? '');
  return { table, status: table === null ? null : parseStatus(target?.status ?? '', table) };
}

const statesOf = (map: MapFacts) =>
  read(map).status?.groups.flatMap(({ paths }) => paths.map(({ devt, state }) => `${devt} ${state}`));

describe('a table that was loaded', () => {
  test('is live, with all its paths active and the first group in use', () => {
    const map = withTable(bare, load(TWO_GROUPS));
    expect(map).toMatchObject({
      hasLiveTable: true,
      hasInactiveTable: false,
      eventNr: 5,
      targets: [{ lengthSectors: 2048, type: 'multipath' }],
    });
    expect(statesOf(map)).toEqual(['8:0 active', '8:16 active', '8:32 active']);
    expect(read(map).status?.groups.map(({ state }) => state)).toEqual(['active', 'enabled']);
  });

  test('leaves failed paths failed', () => {
    const failed = withMessage(withTable(bare, load(TWO_GROUPS)), 'fail_path 8:16');
    expect(statesOf(withTable(failed, load('0 0 1 1 service-time 0 2 1 8:0 1 8:16 1')))).toEqual([
      '8:0 active',
      '8:16 failed',
    ]);
  });

  test('may be empty', () => {
    const map = withTable(bare, load('0 0 0 0'));
    expect(read(map).status).toEqual({ queuedIo: 0, nextGroup: 0, groups: [] });
    expect(devtsIn(map)).toEqual([]);
  });
});

describe('messages', () => {
  const map = withTable(bare, load(TWO_GROUPS));

  test.each([
    ['fail_path 8:0', ['8:0 failed', '8:16 active', '8:32 active']],
    ['fail_path 9:9', ['8:0 active', '8:16 active', '8:32 active']],
  ])('%s', (message, states) => expect(statesOf(withMessage(map, message))).toEqual(states));

  test('reinstate_path', () => {
    expect(statesOf(withMessage(withMessage(map, 'fail_path 8:0'), 'reinstate_path 8:0'))).toEqual(statesOf(map));
  });

  test('queueing off and on', () => {
    const off = withMessage(map, 'fail_if_no_path');
    expect(read(off).table?.features).toEqual([]);
    expect(read(withMessage(off, 'queue_if_no_path')).table?.features).toEqual(['queue_if_no_path']);
  });

  test('switch_group', () => {
    expect(read(withMessage(map, 'switch_group 2')).status).toMatchObject({
      nextGroup: 2,
      groups: [{ state: 'enabled' }, { state: 'active' }],
    });
  });

  test('an unknown message, or a message to a map without a table, changes nothing', () => {
    expect(read(withMessage(map, 'disable_group 1'))).toEqual(read(map));
    expect(withMessage(bare, 'fail_path 8:0')).toBe(bare);
  });
});

test('for any groups the table and the status read back as they were meant', () => {
  const groups = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(groups, fc.nat(4), (sizes, which) => {
      let minor = 0;
      const words = sizes.map(
        (size) => `service-time 0 ${size} 1 ${Array.from({ length: size }, () => `8:${minor++} 1`).join(' ')}`,
      );
      const map = withTable(bare, load(`0 0 ${sizes.length} ${(which % sizes.length) + 1} ${words.join(' ')}`));
      const { table, status } = read(map);
      expect(table?.groups.map(({ paths }) => paths.length)).toEqual(sizes);
      expect(status?.nextGroup).toBe((which % sizes.length) + 1);
      expect(devtsIn(map)).toHaveLength(minor);
    }),
  );
});
