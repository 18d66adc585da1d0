import { holderIn } from '../../src/kernel/lockHolder';

const LOCKS = `1: POSIX  ADVISORY  WRITE 3568 fd:00:2531452 0 EOF
1: -> POSIX  ADVISORY  WRITE 99 fd:00:2531453 0 EOF
2: FLOCK  ADVISORY  WRITE 3517 fd:00:2531454 0 EOF
3: OFDLCK ADVISORY  WRITE -1 fd:00:2531455 0 EOF
4: POSIX  ADVISORY  READ  12 00:16:77 128 128
`;

test.each([
  ['the holder', 2531452n, 3568],
  ['not one who waits', 2531453n, null],
  ['not one with another kind of lock', 2531454n, null],
  ['nobody, if a lock has no process', 2531455n, null],
  ['a reader', 77n, 12],
  ['nobody, if nothing is locked', 1n, null],
])('%s', (_, inode, pid) => {
  expect(holderIn(LOCKS, inode)).toBe(pid);
});

test('nonsense is no holder', () => {
  expect(holderIn('\0\n1: POSIX'.repeat(1_000), 1n)).toBeNull();
});
