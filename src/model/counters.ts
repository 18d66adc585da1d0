/**
 * What the daemon counts since its start, besides what it counts of each path and map. An entry here is a field of
 * `truth` in the document of `status`, and a line that `mpathctl status` prints.
 */

interface Counter {
  /** Of its line. */
  label: string;
  /** What one of them is; null: the line is the bare number. */
  unit: string | null;
  /** What is counted, in the words of docs/operations.md. */
  counts: string;
}

/** By their names in the document, in the order of their lines. */
export const COUNTERS = {
  silentMisses: {
    label: 'silent misses',
    unit: null,
    counts: 'maps whose event number moved without a uevent',
  },
  refusedMessages: {
    label: 'refused',
    unit: 'message',
    counts: 'messages on the uevent sockets that neither the kernel nor udevd sent',
  },
} satisfies Record<string, Counter>;

export type CounterName = keyof typeof COUNTERS;

export type Counters = Record<CounterName, number>;

export const COUNTER_NAMES = Object.keys(COUNTERS) as CounterName[];

/** Nothing was counted yet. */
export function zeroCounters(): Counters {
  return Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0])) as Counters;
}
