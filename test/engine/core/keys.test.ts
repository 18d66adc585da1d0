import { blockKey, mapKey } from '../../../src/engine/core/keys';

test('a text that somebody types as a disk is never the key of a map or of the list', () => {
  const maps = [mapKey({ uuid: 'mpath-36001405' }), mapKey({ devt: '253:0' }), 'list'];
  for (const typed of ['map mpath-36001405', 'dm 253:0', 'list', '253:0']) expect(maps).not.toContain(blockKey(typed));
});
