import fc from 'fast-check';
import { createNumberPool, sdDevt, sdName } from '../../src/simulator/names';

test.each([
  [0, 'sda', '8:0'],
  [1, 'sdb', '8:16'],
  [15, 'sdp', '8:240'],
  [16, 'sdq', '65:0'],
  [25, 'sdz', '65:144'],
  [26, 'sdaa', '65:160'],
  [127, 'sddx', '71:240'],
  [128, 'sddy', '128:0'],
  [255, 'sdiv', '135:240'],
  [256, 'sdiw', '8:256'],
  [701, 'sdzz', '131:720'],
  [702, 'sdaaa', '131:736'],
])('disk number %i is %s, %s', (index, name, devt) => {
  expect([sdName(index), sdDevt(index)]).toEqual([name, devt]);
});

test('names and numbers are unique', () => {
  const indexes = Array.from({ length: 5000 }, (_, n) => n);
  expect(new Set(indexes.map(sdName)).size).toBe(5000);
  expect(new Set(indexes.map(sdDevt)).size).toBe(5000);
});

test('the pool gives the lowest free number, whatever was released before', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20)), { maxLength: 80 }), (steps) => {
      const pool = createNumberPool();
      const used = new Set<number>();
      for (const release of steps) {
        if (release === null) {
          let lowest = 0;
          while (used.has(lowest)) lowest++;
          expect(pool.take()).toBe(lowest);
          used.add(lowest);
        } else if (used.delete(release)) {
          pool.release(release);
        }
      }
    }),
  );
});
