/**
 * Deadlines by key: a heap with lazy deletion, so that setting a deadline costs O(log n) for any number of devices. The
 * time is the engine's (ms, from the inputs). Deadlines at the same time come in the order in which they were set, so
 * that a copy from {@link Timers.entries} behaves the same.
 */
import { type Deadline, popDeadline, pushDeadline } from '../../model/deadlineHeap';
import type { Ms } from '../../model/units';

interface KeyDeadline<K> extends Deadline {
  key: K;
}

/** `K`: the type of the keys. */
export interface Timers<K extends string = string> {
  /** Sets or moves the deadline of a key. */
  set(key: K, at: Ms): void;
  /** Like set, but never later than a deadline that the key has already. */
  setSooner(key: K, at: Ms): void;
  clear(key: K): void;
  has(key: K): boolean;
  /** Removes and returns the next key that is due at `now`; null: no key is due. */
  takeDue(now: Ms): K | null;
  /** The time of the next deadline; null: there is none. */
  next(): number | null;
  readonly size: number;
  /** All deadlines in the order in which they were set. */
  entries(): Array<[key: K, at: Ms]>;
}

export function createTimers<K extends string = string>(): Timers<K> {
  const current = new Map<K, KeyDeadline<K>>();
  const heap: KeyDeadline<K>[] = [];
  let settings = 0;

  const dropMoved = (): KeyDeadline<K> | null => {
    for (let top = heap[0]; top !== undefined; top = heap[0]) {
      if (current.get(top.key) === top) return top;
      popDeadline(heap);
    }
    return null;
  };

  // If a key is often moved, its old entries stay in the heap until they reach the top.
  const compactIfMostlyMoved = (): void => {
    if (heap.length < 64 || heap.length < 4 * current.size) return;
    heap.length = 0;
    for (const deadline of current.values()) pushDeadline(heap, deadline);
  };

  const set = (key: K, at: Ms): void => {
    if (current.get(key)?.at === at) return;
    const deadline = { at, order: settings++, key };
    current.set(key, deadline);
    pushDeadline(heap, deadline);
    compactIfMostlyMoved();
  };

  return {
    set,
    setSooner: (key, at) => {
      const have = current.get(key);
      if (have === undefined || at < have.at) set(key, at);
    },
    clear: (key) => void current.delete(key),
    has: (key) => current.has(key),
    takeDue: (now) => {
      const top = dropMoved();
      if (top === null || top.at > now) return null;
      popDeadline(heap);
      current.delete(top.key);
      return top.key;
    },
    next: () => dropMoved()?.at ?? null,
    get size() {
      return current.size;
    },
    entries: () => [...current.values()].sort((a, b) => a.order - b.order).map(({ key, at }) => [key, at]),
  };
}
