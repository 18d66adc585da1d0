import { createOutputBudget } from '../../src/ipc/outputBudget';

const reply = (length: number): Buffer => Buffer.alloc(length);

test('each user, all users together, and root have budgets of their own', () => {
  const budget = createOutputBudget({ root: 10, perUser: 10, users: 15 });
  const takes = (uid: number, length: number): boolean => budget.take(uid, reply(length)) === null;
  expect([takes(1, 8), takes(1, 3), takes(2, 7), takes(3, 1)]).toEqual([true, false, true, false]);
  expect([takes(0, 10), takes(0, 1)]).toEqual([true, false]);
});

test('a reply that many connections of a user wait for counts once, until the last has it', () => {
  const budget = createOutputBudget({ root: 10, perUser: 10, users: 10 });
  const shared = reply(8);
  expect([1, 1, 1].map((uid) => budget.take(uid, shared))).toEqual([null, null, null]);
  budget.give(1, shared);
  budget.give(1, shared);
  expect(budget.take(1, reply(3))).toMatch(/^refused: 8 bytes of output wait for clients of uid 1 /);
  budget.give(1, shared);
  expect(budget.take(1, reply(10))).toBeNull();
});
