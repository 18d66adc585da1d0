import { createTurns } from '../../src/ipc/turns';

function turns() {
  let now = 0;
  const later: Array<() => void> = [];
  const done: string[] = [];
  let idle = 0;
  const made = createTurns({ turnMs: 4, now: () => now, later: (turn) => later.push(turn), onIdle: () => idle++ });
  return {
    done,
    idle: () => idle,
    planned: () => later.length,
    submit: (uid: number, name: string, ms: number) =>
      made.submit(uid, () => {
        now += ms;
        done.push(name);
      }),
    turn: () => later.shift()?.(),
    made,
  };
}

test('a turn ends when its time is over, and the rest waits for the next one', () => {
  const { submit, turn, done, planned, idle } = turns();
  for (const name of ['a', 'b', 'c', 'd']) submit(1, name, 3);
  expect([done, planned()]).toEqual([[], 1]);
  turn();
  expect([done.join(''), planned(), idle()]).toEqual(['ab', 1, 0]);
  turn();
  expect([done.join(''), planned(), idle()]).toEqual(['abcd', 0, 1]);
});

test("root's work that comes between two turns is next", () => {
  const { submit, turn, done } = turns();
  for (const name of ['a', 'b', 'c']) submit(1, name, 5);
  turn();
  submit(0, 'root', 5);
  turn();
  expect(done).toEqual(['a', 'root']);
});

test('work of a user who is held waits for the release', () => {
  const { submit, turn, done, planned, made } = turns();
  made.hold(1);
  submit(1, 'a', 1);
  expect(planned()).toBe(0);
  made.release(1);
  turn();
  expect(done).toEqual(['a']);
});
