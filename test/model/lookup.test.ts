import { devicePart, findMap, findPath, isAmbiguous } from '../../src/model/lookup';
import { makeMap, makePath, makeTables } from '../fixtures';

const map = (name: string, wwid: string, devt: string) => makeMap({ name, wwid, devt, groups: [] });

const tables = makeTables(
  [makePath({ name: 'sda', devt: '8:0' }), makePath({ name: 'cciss!c0d0', devt: '104:0' })],
  [map('mpatha', '3600a', '253:0'), map('dm-0', '3600b', '253:7'), map('3600d', '3600c', '253:10')],
);

test.each([
  ['sda', 'sda'],
  ['/dev/sda', 'sda'],
  ['cciss/c0d0', 'cciss!c0d0'],
  ['/dev/cciss/c0d0', 'cciss!c0d0'],
  ['8:0', '8:0'],
  ['/dev/mapper/mpatha', 'mapper/mpatha'],
])('%s is the device %s', (given, device) => {
  expect(devicePart(given)).toBe(device);
});

test.each([
  ['sda', 'sda'],
  ['/dev/sda', 'sda'],
  ['8:0', 'sda'],
  ['/dev/cciss/c0d0', 'cciss!c0d0'],
  ['sdb', undefined],
  ['8:1', undefined],
])('%s is the path %s', (given, name) => {
  expect(findPath(tables, given)?.name).toBe(name);
});

test.each([
  ['by its alias', 'mpatha', '3600a'],
  ['by its node', '/dev/mapper/mpatha', '3600a'],
  ['by its WWID', '3600a', '3600a'],
  ['by its number', 'dm-10', '3600c'],
  ['by its number with /dev/', '/dev/dm-10', '3600c'],
  ['by its number before the alias of another map', 'dm-0', '3600a'],
  ['by its alias that is a WWID', '3600d', '3600c'],
  ['by the number of no map', 'dm-1', undefined],
  ['by a part of its number', 'dm-', undefined],
  ['by its UUID', 'mpath-3600a', undefined],
])('a map %s: %s', (_, given, wwid) => {
  expect(findMap(tables, given)?.wwid).toBe(wwid);
});

test.each([
  ['an alias', 'mpatha', false],
  ['a WWID', '3600a', false],
  ['the name of one map that is the WWID of another one', '3600f', true],
  ['the same as a node', '/dev/mapper/3600f', true],
  ['a name that is the WWID of the same map', '3600g', false],
  ['a number', 'dm-12', false],
])('%s is ambiguous: %s, %s', (_, given, expected) => {
  const exchanged = [map('3600f', '3600e', '253:11'), map('3600e', '3600f', '253:12'), map('3600g', '3600g', '253:13')];
  expect(isAmbiguous(makeTables([], [map('mpatha', '3600a', '253:0'), ...exchanged]), given)).toBe(expected);
});
