import { readFileSync } from 'node:fs';

/** The CPUs of a list such as `0-2,5` (cpuset(7), "List format"). */
export const cpusOf = (list: string): readonly number[] =>
  list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });

/** The CPUs on which this process may run. */
export const allowedCpus = (): readonly number[] => {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (list === undefined) throw new Error('/proc/self/status has no Cpus_allowed_list');
  return cpusOf(list);
};

/** The CPU of jest's worker: each worker has one of its own as long as there are enough. Workers count from 1. */
export const cpuOfWorker = (worker: number, cpus: readonly number[]): number => {
  const cpu = cpus[(worker - 1) % cpus.length];
  if (cpu === undefined) throw new Error(`no CPU for worker ${worker} of ${cpus.length} CPUs`);
  return cpu;
};
