import { createRecentLines } from '../../src/daemon/recentLines';

test('has the last ten lines of a device, oldest first', () => {
  let time = 0;
  const recent = createRecentLines(() => time);
  for (time = 1; time <= 12; time++) recent.note('notice', `line ${time}`, 'sda');
  recent.note('warning', 'other', 'sdb');
  expect(recent.of('sda').map(({ at, message }) => `${at} ${message}`)).toEqual(
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((n) => `${n} line ${n}`),
  );
  expect(recent.of('sdb')).toEqual([{ at: 13, level: 'warning', message: 'other' }]);
});

test('a path that is gone is known by its name', () => {
  const recent = createRecentLines(() => 0);
  recent.note('notice', 'path removed: …', 'sda [8:0]');
  expect(recent.of('sda')).toHaveLength(1);
});

test('lines about no device, and lines of level debug, are not kept', () => {
  const recent = createRecentLines(() => 0);
  recent.note('error', 'x', null);
  recent.note('debug', 'x', 'sda');
  expect(recent.of('sda')).toEqual([]);
  expect(recent.of('null')).toEqual([]);
});

test('of too many devices those with the oldest last line are forgotten', () => {
  const recent = createRecentLines(() => 0);
  for (let n = 0; n < 4_096; n++) recent.note('notice', 'x', `d${n}`);
  recent.note('notice', 'again', 'd0');
  recent.note('notice', 'x', 'one more');
  expect(recent.of('d0')).toHaveLength(2);
  expect(recent.of('d1')).toEqual([]);
  expect(recent.of('d2')).toHaveLength(1);
});
