import type { Machine } from './machine';

/** Writes uevents without a meaning, from eight processes at once. */
export const flood = (machine: Machine, events: number): Promise<string> =>
  machine.ok(
    `for w in 1 2 3 4 5 6 7 8; do (for ((i = 0; i < ${events / 8}; i++)); do echo change > /sys/module/dm_multipath/uevent; done) & done; wait`,
    { timeoutMs: 240_000 },
  );
