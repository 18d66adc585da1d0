import type { Path } from '../../src/model/path';
import { divideMap, divideNew } from '../../src/policy/oneLun';
import { makePath } from '../fixtures';

/** A path whose disk has this NAA name (0: its page cannot be read). */
function path(devt: string, lun: number, dmState: Path['dmState'] = 'active'): Path {
  const naa = `600000000000000${lun}`;
  const made = makePath({ name: `sd${devt}`, devt: `8:${devt}`, path: { wwid: 'SAME', dmState } });
  const page = lun === 0 ? null : `0083001401030010${naa}${naa}`;
  if (made.facts === null) throw new Error('the fixture has no facts');
  return { ...made, facts: { ...made.facts, bus: 'scsi', vpd83: page, vpd80: null }, identifiedBy: null };
}
const WWID_OF_2 = '360000000000000026000000000000002';
const names = (paths: readonly Path[]): string => paths.map(({ name }) => name.slice(2)).join(' ');
const NOBODY: ReadonlySet<string> = new Set();

test('paths of one LUN, and such of which nothing is known, all stay', () => {
  const all = [path('0', 1), path('1', 1), path('2', 0)];
  expect(names(divideMap('SAME', all, [], NOBODY).kept)).toBe('0 1 2');
  expect(names(divideNew('SAME', all).kept)).toBe('0 1 2');
});

test('a path that contradicts the members does not join, even if the map has the name of its LUN', () => {
  const { kept, others } = divideMap(WWID_OF_2, [path('0', 1)], [path('1', 2), path('2', 1)], NOBODY);
  expect(names(kept)).toBe('0 2');
  expect(others.map(({ path: { name }, than }) => [name, than.name])).toEqual([['sd1', 'sd0']]);
});

test.each<[string, string, Path[], string[], string]>([
  ['those whose LUN has the WWID of the map', WWID_OF_2, [path('0', 1), path('1', 1), path('2', 2)], ['8:0'], '2'],
  ['those that the kernel uses', 'SAME', [path('0', 1), path('1', 1), path('2', 2)], ['8:2'], '2'],
  ['those that are not failed', 'SAME', [path('0', 1, 'failed'), path('1', 1, 'failed'), path('2', 2)], [], '2'],
  ['the most', 'SAME', [path('0', 1), path('1', 2), path('2', 2)], [], '1 2'],
  ['the first in the table', 'SAME', [path('0', 2), path('1', 1)], [], '0'],
])('of members that contradict each other stay %s', (_, wwid, members, serving, kept) => {
  expect(names(divideMap(wwid, members, [], new Set(serving)).kept)).toBe(kept);
});

test('a new map gets the paths whose LUN has its WWID', () => {
  expect(names(divideNew(WWID_OF_2, [path('0', 1), path('1', 1), path('2', 2), path('3', 0)]).kept)).toBe('2 3');
});

test('no new map is made if nothing says which LUN is meant, and each path has one that it contradicts', () => {
  const { kept, others } = divideNew('SAME', [path('0', 1), path('1', 1), path('2', 2)]);
  expect(kept).toEqual([]);
  expect(others.map(({ path: { name }, than }) => [name, than.name])).toEqual([
    ['sd0', 'sd2'],
    ['sd1', 'sd2'],
    ['sd2', 'sd0'],
  ]);
});
