import fc from 'fast-check';
import { createFairQueue, type Uid } from '../../src/ipc/fairQueue';

function taken(pushes: ReadonlyArray<[Uid, string]>): string[] {
  const queue = createFairQueue<string>();
  for (const [uid, item] of pushes) queue.push(uid, item);
  return Array.from({ length: pushes.length }, () => queue.take() ?? '?');
}

test.each<[string, Array<[Uid, string]>, string[]]>([
  [
    'root goes first',
    [
      [1, 'a'],
      [2, 'b'],
      [0, 'r'],
      [0, 's'],
    ],
    ['r', 's', 'a', 'b'],
  ],
  [
    'users take turns',
    [
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
      [2, 'x'],
      [3, 'y'],
    ],
    ['a', 'x', 'y', 'b', 'c'],
  ],
  [
    'users whom the kernel does not name are one user',
    [
      [null, 'a'],
      [null, 'b'],
      [1, 'x'],
    ],
    ['a', 'x', 'b'],
  ],
])('%s', (_, pushes, order) => {
  expect(taken(pushes)).toEqual(order);
});

test('a user who is held waits, and others do not', () => {
  const queue = createFairQueue<string>();
  queue.push(1, 'a');
  queue.hold(1);
  queue.push(1, 'b');
  queue.push(2, 'x');
  expect([queue.size(), queue.take(), queue.take(), queue.size()]).toEqual([1, 'x', null, 0]);
  queue.release(1);
  expect([queue.size(), queue.take(), queue.take(), queue.take()]).toEqual([2, 'a', 'b', null]);
});

test('every item comes out once, each user in order, and no user waits for more than one item of each other', () => {
  const uid = fc.constantFrom<Uid>(1, 2, 3, null);
  fc.assert(
    fc.property(fc.array(uid, { maxLength: 60 }), (uids) => {
      const items = uids.map((who, at): [Uid, string] => [who, `${who} ${at}`]);
      const order = taken(items);
      expect([...order].sort()).toEqual(items.map(([, item]) => item).sort());
      for (const who of [1, 2, 3, null]) {
        const own = items.filter(([one]) => one === who).map(([, item]) => item);
        expect(order.filter((item) => own.includes(item))).toEqual(own);
      }
      const users = new Set(uids).size;
      expect(new Set(order.slice(0, users).map((item) => item.split(' ')[0])).size).toBe(users);
    }),
  );
});
