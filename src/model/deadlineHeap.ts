/**
 * Deadlines in a binary heap: the first element of the array is the soonest deadline. Deadlines of the same time come
 * in the order in which they were set.
 */

/** A thing that is due at a time. */
export interface Deadline {
  at: number;
  /** The number of the setting: of two deadlines at the same time the one with the lower number comes first. */
  order: number;
}

function isSooner(a: Deadline, b: Deadline): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Adds a deadline, in O(log n). */
export function pushDeadline<T extends Deadline>(heap: T[], deadline: T): void {
  let i = heap.length;
  heap.push(deadline);
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const above = heap[parent] as T;
    if (!isSooner(deadline, above)) break;
    heap[i] = above;
    i = parent;
  }
  heap[i] = deadline;
}

/** Takes the soonest deadline out, in O(log n). The heap must not be empty. */
export function popDeadline<T extends Deadline>(heap: T[]): T {
  const soonest = heap[0] as T;
  const last = heap.pop() as T;
  const size = heap.length;
  if (size === 0) return soonest;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && isSooner(heap[child + 1] as T, heap[child] as T)) child++;
    const below = heap[child] as T;
    if (!isSooner(below, last)) break;
    heap[i] = below;
    i = child;
  }
  heap[i] = last;
  return soonest;
}
