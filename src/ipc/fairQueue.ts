/** The order in which requests are answered: root's first, then one of each user in turn. */

/** A user by uid; null: the kernel does not say which. */
export type Uid = number | null;

/** The uid of the user whose requests go first, and who is never refused because of other users. */
export const ROOT = 0;

/** Items that wait, by user. */
export interface FairQueue<T> {
  push(uid: Uid, item: T): void;
  /** The next item of a user who is not held; null: there is none. */
  take(): T | null;
  /** Lets a user's items wait, until {@link release}. */
  hold(uid: Uid): void;
  release(uid: Uid): void;
  /** The number of items that take() would give. */
  size(): number;
}

interface Line<T> {
  items: T[];
  taken: number;
}

const lengthOf = (line: Line<unknown> | undefined): number => (line === undefined ? 0 : line.items.length - line.taken);

/** An empty queue. Each call takes the same time, however many users and items there are. */
export function createFairQueue<T>(): FairQueue<T> {
  // A Map keeps the order of its keys. A user whose turn is over goes to the end.
  const waiting = new Map<Uid, Line<T>>();
  const held = new Map<Uid, Line<T>>();
  let size = 0;

  const takeFrom = (uid: Uid): T | null => {
    const line = waiting.get(uid);
    const item = line?.items[line.taken];
    if (line === undefined || item === undefined) return null;
    size--;
    line.taken++;
    waiting.delete(uid);
    if (line.taken < line.items.length) waiting.set(uid, compact(line));
    return item;
  };

  return {
    push: (uid, item) => {
      const line = held.get(uid) ?? waiting.get(uid);
      if (!held.has(uid)) size++;
      if (line === undefined) waiting.set(uid, { items: [item], taken: 0 });
      else line.items.push(item);
    },
    hold: (uid) => {
      if (held.has(uid)) return;
      size -= lengthOf(waiting.get(uid));
      held.set(uid, waiting.get(uid) ?? { items: [], taken: 0 });
      waiting.delete(uid);
    },
    release: (uid) => {
      const line = held.get(uid);
      held.delete(uid);
      if (line === undefined || lengthOf(line) === 0) return;
      size += lengthOf(line);
      waiting.set(uid, line);
    },
    take: () => {
      if (waiting.has(ROOT)) return takeFrom(ROOT);
      const [next] = waiting.keys();
      return next === undefined ? null : takeFrom(next);
    },
    size: () => size,
  };
}

/** Drops items that were taken, when they are half of all. `shift()` would move all items each time. */
function compact<T>(line: Line<T>): Line<T> {
  return line.taken * 2 < line.items.length ? line : { items: line.items.slice(line.taken), taken: 0 };
}
