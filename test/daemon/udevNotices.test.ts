import type { FailedWwids } from '../../src/daemon/failedWwids';
import { createUdevNotices } from '../../src/daemon/udevNotices';
import type { UdevWord } from '../../src/kernel/udevWord';
import type { Failure, Reading } from '../../src/model/failure';

const W = '3600';
const PATHS = ['8:0', '8:16'];
const made: Reading<unknown> = { ok: true, value: null };
const refused: Reading<unknown> = {
  ok: false,
  failure: { code: 'KERNEL_ERROR', operation: 'DM_TABLE_LOAD', device: 'x', errno: 'EBUSY' },
};
const failure: Failure = { code: 'KERNEL_ERROR', operation: 'link', device: '/run/x', errno: 'EROFS' };

function setUp(
  members: string[],
  changes = true,
): { notice: ReturnType<typeof createUdevNotices>; asked: string[]; udev: UdevWord } {
  const asked: string[] = [];
  const answer = (): ReturnType<FailedWwids['mark']> => Promise.resolve({ ok: true, value: changes });
  const markers: FailedWwids = { isMarked: answer, mark: answer, unmark: answer };
  const udev: UdevWord = {
    isMember: (devt) => Promise.resolve(members.includes(devt)),
    askAgain: (devt) => {
      asked.push(devt);
      return Promise.resolve({ ok: true, value: null });
    },
  };
  return { notice: createUdevNotices(markers, udev), asked, udev };
}

test.each<[string, string[], Reading<unknown>, boolean, string[]]>([
  ['a map is made: the rules are asked about disks that they took for free', ['8:0'], made, true, ['8:16']],
  ['a map is made of disks that are members already', PATHS, made, false, []],
  ['a map is refused: about those that they keep for it', ['8:0'], refused, true, ['8:0']],
  ['a map is refused again: the rules know', ['8:0'], refused, false, []],
])('%s', async (_, members, outcome, changes, asked) => {
  const rig = setUp(members, changes);
  const notes = await rig.notice({ wwid: W, paths: PATHS, outcome });
  expect(rig.asked).toEqual(asked);
  expect(notes).toHaveLength(changes ? 1 : 0);
});

test("a failure is reported, and udev's rules are asked again about the other disks", async () => {
  const { udev } = setUp([]);
  const answer = (): ReturnType<FailedWwids['mark']> => Promise.resolve({ ok: false, failure });
  const notice = createUdevNotices({ isMarked: answer, mark: answer, unmark: answer }, udev);
  expect(await notice({ wwid: W, paths: PATHS, outcome: refused })).toEqual([
    "link /run/x: EROFS: the marker of 3600 could not be set or removed; udev's rules use its old state",
  ]);
  const asked: string[] = [];
  const failing = createUdevNotices(
    { isMarked: answer, mark: answer, unmark: () => Promise.resolve({ ok: true, value: false }) },
    {
      ...udev,
      askAgain: (devt) => {
        asked.push(devt);
        return Promise.resolve({ ok: false, failure: { ...failure, operation: 'uevent' } });
      },
    },
  );
  expect(await failing({ wwid: W, paths: PATHS, outcome: made })).toHaveLength(2);
  expect(asked).toEqual(PATHS);
});

test('of two attempts for a LUN the second one counts, however long the first one takes', async () => {
  const { udev } = setUp([]);
  const done: string[] = [];
  const slowly = (what: string, ms: number) => async (): ReturnType<FailedWwids['mark']> => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    done.push(what);
    return { ok: true, value: true };
  };
  const notice = createUdevNotices(
    { isMarked: slowly('asked', 0), mark: slowly('marked', 20), unmark: slowly('unmarked', 0) },
    udev,
  );
  await Promise.all([
    notice({ wwid: W, paths: PATHS, outcome: refused }),
    notice({ wwid: W, paths: PATHS, outcome: made }),
  ]);
  expect(done).toEqual(['marked', 'unmarked']);
});
