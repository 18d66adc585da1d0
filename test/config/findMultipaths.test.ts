import { mayGetMap } from '../../src/config/findMultipaths';
import type { FindMultipaths } from '../../src/config/settings';

const WWID = '36001405';

/** Rows: the number of paths, whether the LUN is in the wwids file, and whether it may get a map. */
const TABLE: Record<FindMultipaths, Array<[paths: number, listed: boolean, may: boolean]>> = {
  off: [
    [1, false, true],
    [2, false, true],
    [1, true, true],
  ],
  greedy: [
    [1, false, true],
    [2, false, true],
    [1, true, true],
  ],
  on: [
    [1, false, false],
    [2, false, true],
    [1, true, true],
  ],
  smart: [
    [1, false, false],
    [2, false, true],
    [1, true, true],
  ],
  strict: [
    [1, false, false],
    [4, false, false],
    [1, true, true],
    [2, true, true],
  ],
};

describe.each(Object.entries(TABLE) as Array<[FindMultipaths, Array<[number, boolean, boolean]>]>)(
  '%s',
  (mode, cases) => {
    test.each(cases)('%d paths, listed: %s', (paths, listed, may) => {
      const { multipath, reason } = mayGetMap({ mode, wwid: WWID, asked: false, listed, paths });
      expect(multipath).toBe(may);
      if (!may) expect(reason).toMatch(new RegExp(`^find_multipaths ${mode}: .*${WWID}.*wwids file$`));
    });

    test('a map that an administrator asks for is made', () => {
      expect(mayGetMap({ mode, wwid: WWID, asked: true, listed: false, paths: 1 })).toEqual({
        multipath: true,
        reason: 'its map was asked for',
      });
    });
  },
);
