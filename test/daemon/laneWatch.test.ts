import { createLaneWatch } from '../../src/daemon/laneWatch';
import type { LaneInfo } from '../../src/kernel/lanes';

const IDLE: LaneInfo = {
  name: 'write',
  threads: 0,
  busy: 0,
  queued: 0,
  limit: 4,
  waited: 0,
  refusedThreads: 0,
  refusal: null,
  oldestMs: 0,
};
const FULL: LaneInfo = { ...IDLE, threads: 4, busy: 4, queued: 2, waited: 2 };

function watch(...looks: LaneInfo[]): string[] {
  const lines: string[] = [];
  let now = IDLE;
  const look = createLaneWatch(
    () => [now],
    (level, message) => lines.push(`${level}: ${message}`),
  );
  for (now of looks) look();
  return lines;
}

test('a lane with room is not mentioned', () => {
  expect(watch(IDLE, { ...IDLE, threads: 4, busy: 4 }, IDLE)).toEqual([]);
});

test('a full lane is mentioned once, and once when its calls find threads again', () => {
  const more = { ...FULL, queued: 5, waited: 5 };
  const empty = { ...IDLE, waited: 5 };
  expect(watch(IDLE, FULL, FULL, more, empty, empty)).toEqual([
    'error: 4 calls of the kind "write" have not come back, and 4 is the most: 2 wait until some come back; `mpathctl status` lists them',
    'notice: calls of the kind "write" find threads again',
  ]);
});

test('a wait that is over at the next look is no error: a burst of calls, such as a start with many disks', () => {
  expect(watch(IDLE, { ...IDLE, waited: 130 }, { ...IDLE, waited: 130 })).toEqual([
    'info: 130 calls of the kind "write" had to wait, because 4 is the most at once; none waits now',
  ]);
});

test('after such a burst a full lane is mentioned', () => {
  expect(watch({ ...IDLE, waited: 1 }, { ...FULL, waited: 3 })[1]).toMatch(/^error: 4 calls/);
});

test('threads that the system refuses are the reason', () => {
  expect(watch({ ...FULL, threads: 2, busy: 2, refusedThreads: 2, refusal: 'EAGAIN' })[0]).toContain(
    '2 calls of the kind "write" have not come back, and the system gives no more threads (EAGAIN)',
  );
});

test('one log line waits for another as a rule', () => {
  expect(watch({ ...FULL, name: 'log' })).toEqual([]);
});
