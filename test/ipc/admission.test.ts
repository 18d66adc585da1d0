import { clientLimits, createAdmission } from '../../src/ipc/admission';

test.each([
  [1_048_576, 16_000, 64],
  [1_024, 512, 64],
  [600, 88, 44],
  [39, 8, 4],
  [Infinity, 16_000, 64],
])('of %d open files %d are for clients, of them %d for root only', (openFiles, all, reservedForRoot) => {
  expect(clientLimits(openFiles)).toEqual({ all, reservedForRoot, perUser: 256 });
});

test('a user, all users and root have limits, and whoever goes makes room', () => {
  const admission = createAdmission({ all: 6, reservedForRoot: 2, perUser: 3 });
  const admitted = (uid: number | null): boolean => admission.admit(uid) === null;
  expect([1, 1, 1, 1, null, 2].map(admitted)).toEqual([true, true, true, false, true, false]);
  expect([0, 0, 0].map(admitted)).toEqual([true, true, false]);
  expect(admission.count()).toBe(6);
  admission.leave(1);
  expect(admitted(2)).toBe(true);
  expect(admission.admit(1)).toBe('refused: too many connections in all, 6 are open');
});
