import { decideWwid, type WwidSources } from '../../src/policy/decideWwid';

const sources = (udev: string | null, sysfs: string | null): WwidSources => ({ udev, sysfs });

describe('a path seen for the first time', () => {
  it.each([
    ['udev wins', sources('U', 'S'), null, 'U'],
    ['sysfs serves without udev', sources(null, 'S'), null, 'S'],
    ['nothing known', sources(null, null), null, null],
    ["in a map that sysfs names: the map's", sources('U', 'S'), 'S', 'S'],
    ["in a map that udev names: the map's", sources('U', 'S'), 'U', 'U'],
    ["in a map that neither names: not the map's", sources('U', 'S'), 'M', 'U'],
  ])('%s', (_name, now, map, expected) => {
    expect(decideWwid(null, now, map)).toBe(expected);
  });
});

describe('a path that was identified', () => {
  const before = (udev: string | null, sysfs: string | null, wwid: string) => ({ sources: sources(udev, sysfs), wwid });

  it.each([
    ['nothing changed', before('U', 'S', 'U'), sources('U', 'S'), 'U'],
    ['LUN changed, udev behind: sysfs decides', before('A', 'A', 'A'), sources('A', 'B'), 'B'],
    ['LUN changed, udev knows', before('A', 'A', 'A'), sources('B', 'B'), 'B'],
    ["only udev's rules changed, the LUN is proved the same", before('A', 'S', 'A'), sources('B', 'S'), 'A'],
    ['udev came late and spells it differently, the path is in no map', before(null, 'S', 'S'), sources('U', 'S'), 'U'],
    ['udev changed and sysfs cannot be read', before('A', 'S', 'A'), sources('B', null), 'B'],
    ['sysfs cannot be read now', before('A', 'S', 'A'), sources('A', null), 'A'],
    ['both silent now', before('A', 'S', 'A'), sources(null, null), 'A'],
    ['sysfs had nothing then', before('A', null, 'A'), sources('A', 'S'), 'A'],
  ])('%s', (_name, then, now, expected) => {
    expect(decideWwid(then, now, null)).toBe(expected);
  });

  it('stays in its map when udev comes late and spells it differently', () => {
    expect(decideWwid(before(null, 'S', 'S'), sources('U', 'S'), 'S')).toBe('S');
  });
});
