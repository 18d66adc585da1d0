import { uuidOfWwid, wwidOfUuid } from '../../src/model/identity';

test.each([
  ['mpath-3600', '3600'],
  ['mpath-', null],
  ['mpath3600', null],
  ['MPATH-3600', null],
  ['part1-mpath-3600', null],
  ['LVM-abc', null],
  ['', null],
])('the map with the UUID %j is of the LUN %j', (uuid, wwid) => {
  expect(wwidOfUuid(uuid)).toBe(wwid);
  if (wwid !== null) expect(uuidOfWwid(wwid)).toBe(uuid);
});
