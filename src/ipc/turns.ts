/** Work for clients in short turns. Between two turns the event loop serves the kernel, the engine and the timers. */
import { createFairQueue, type Uid } from './fairQueue';

/** How long a turn may last, and how the next one comes. */
export interface TurnOptions {
  /** No further piece of work begins when a turn has lasted this long, ms. */
  turnMs: number;
  /** A clock, ms. */
  now(): number;
  /** Runs the next turn, after the event loop has looked at everything else. */
  later(turn: () => void): void;
  /** Called when nothing waits any more. */
  onIdle?(): void;
}

/** Pieces of work that wait for their turn. */
export interface Turns {
  submit(uid: Uid, work: () => void): void;
  /** Lets a user's work wait, until {@link release}. */
  hold(uid: Uid): void;
  release(uid: Uid): void;
}

/** Root's work goes first, then one piece of each user in turn. A turn does at least one piece. */
export function createTurns({ turnMs, now, later, onIdle }: TurnOptions): Turns {
  const queue = createFairQueue<() => void>();
  let planned = false;

  const plan = (): void => {
    if (planned) return;
    planned = true;
    later(turn);
  };

  const turn = (): void => {
    planned = false;
    const end = now() + turnMs;
    do queue.take()?.();
    while (queue.size() > 0 && now() < end);
    if (queue.size() > 0) plan();
    else onIdle?.();
  };

  return {
    submit: (uid, work) => {
      queue.push(uid, work);
      if (queue.size() > 0) plan();
    },
    hold: queue.hold,
    release: (uid) => {
      queue.release(uid);
      if (queue.size() > 0) plan();
    },
  };
}
