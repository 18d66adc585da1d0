import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, the unit of times in /proc. */
const TICKS_PER_SECOND = 100;

interface Times {
  readonly parent: number;
  readonly ticks: number;
}

/** See proc(5), /proc/pid/stat: the fields after the name. The name may contain blanks and brackets. */
const timesOf = (pid: string): Times | undefined => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return {
      parent: Number(fields[1]),
      ticks: [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0),
    };
  } catch {
    return undefined; // The process has ended.
  }
};

/** The CPU seconds of a process, of all processes that it started, and of those among them that have ended. */
export const cpuSecondsOf = (pid: number): number => {
  const all = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const times = timesOf(name);
        return times === undefined ? [] : [[Number(name), times] as const];
      }),
  );
  const belongs = (one: number): boolean => one === pid || (all.has(one) && belongs(all.get(one)?.parent ?? 0));
  return [...all].filter(([one]) => belongs(one)).reduce((sum, [, { ticks }]) => sum + ticks, 0) / TICKS_PER_SECOND;
};
