/**
 * Reads and writes tables and status lines of the multipath target. The grammar is that of the kernel's
 * drivers/md/dm-mpath.c (multipath_ctr, multipath_status).
 */
import type { DevT } from '../model/identity';
import type { MultipathStatus, MultipathTable, StatusGroup, StatusPath, TableGroup, TablePath } from '../model/table';

/** The kernel's own bound on groups, paths and their arguments (dm-mpath.c, `struct dm_arg`). */
const MAX_COUNT = 1024;
const MAX_UINT = 0xffffffff;

/** Reads a line word by word; `null` from any reader means that the line is malformed. */
interface Words {
  next(): string | null;
  number(max: number): number | null;
  devt(): DevT | null;
  /** Takes `count` words. */
  take(count: number): string[] | null;
  /** Takes a count, and then so many words. */
  counted(): string[] | null;
  atEnd(): boolean;
}

function wordsOf(line: string): Words {
  const words = line.split(/\s+/).filter((word) => word !== '');
  let at = 0;
  const next = (): string | null => words[at++] ?? null;
  const number = (max: number): number | null => {
    const word = next();
    if (word === null || !/^[0-9]{1,10}$/.test(word)) return null;
    const value = Number(word);
    return value <= max ? value : null;
  };
  const take = (count: number): string[] | null => {
    if (count > words.length - at) return null;
    at += count;
    return words.slice(at - count, at);
  };
  return {
    next,
    number,
    take,
    devt: () => {
      const word = next();
      return word !== null && isDevT(word) ? word : null;
    },
    counted: () => {
      const count = number(MAX_COUNT);
      return count === null ? null : take(count);
    },
    atEnd: () => at >= words.length,
  };
}

/** The kernel prints 12 bits of major and 20 bits of minor number. */
function isDevT(word: string): boolean {
  const parts = /^([0-9]{1,4}):([0-9]{1,7})$/.exec(word);
  return parts !== null && Number(parts[1]) < 4096 && Number(parts[2]) < 1 << 20;
}

/** Reads `count` items; null if one of them cannot be read. */
function repeat<T>(count: number, read: (index: number) => T | null): T[] | null {
  const items: T[] = [];
  for (let i = 0; i < count; i++) {
    const item = read(i);
    if (item === null) return null;
    items.push(item);
  }
  return items;
}

/**
 * The number of groups, and the 1-based number of the group to use first. The second is 0 only if there are no groups.
 */
function readGroupCounts(words: Words): { count: number; first: number } | null {
  const count = words.number(MAX_COUNT);
  const first = words.number(MAX_COUNT);
  if (count === null || first === null || first > count || (first === 0) !== (count === 0)) return null;
  return { count, first };
}

function readTableGroup(words: Words): TableGroup | null {
  const name = words.next();
  const selectorArgs = words.counted();
  const pathCount = words.number(MAX_COUNT);
  const argCount = words.number(MAX_COUNT);
  if (name === null || selectorArgs === null || pathCount === null || pathCount === 0 || argCount === null) return null;
  const paths = repeat(pathCount, (): TablePath | null => {
    const devt = words.devt();
    const args = words.take(argCount);
    return devt === null || args === null ? null : { devt, args };
  });
  return paths === null ? null : { selector: [name, selectorArgs.length, ...selectorArgs].join(' '), paths };
}

/** Reads the parameters of a multipath target in the form that the kernel prints; null if they are malformed. */
export function parseTable(params: string): MultipathTable | null {
  const words = wordsOf(params);
  const features = words.counted();
  const handler = words.counted();
  const counts = readGroupCounts(words);
  if (features === null || handler === null || counts === null) return null;
  const groups = repeat(counts.count, () => readTableGroup(words));
  // If words are left over, multipath_ctr reads them as one more group, and fails.
  if (groups === null || !words.atEnd()) return null;
  return { features, handler, initialGroup: counts.first, groups };
}

function readGroupState(word: string | null): StatusGroup['state'] | null {
  switch (word) {
    case 'A':
      return 'active';
    case 'E':
      return 'enabled';
    case 'D':
      return 'disabled';
    default:
      return null;
  }
}

function readStatusPath(words: Words, argCount: number, expected: DevT | undefined): StatusPath | null {
  const devt = words.devt();
  const state = words.next();
  const failCount = words.number(MAX_UINT);
  const args = words.take(argCount);
  if (devt === null || devt !== expected || failCount === null || args === null) return null;
  if (state !== 'A' && state !== 'F') return null;
  return { devt, state: state === 'A' ? 'active' : 'failed', failCount };
}

function readStatusGroup(words: Words, expected: TableGroup | undefined): StatusGroup | null {
  const state = readGroupState(words.next());
  const selectorArgs = words.counted();
  const pathCount = words.number(MAX_COUNT);
  const argCount = words.number(MAX_COUNT);
  if (state === null || selectorArgs === null || pathCount !== expected?.paths.length || argCount === null) return null;
  const paths = repeat(pathCount, (i) => readStatusPath(words, argCount, expected.paths[i]?.devt));
  return paths === null ? null : { state, paths };
}

/** Reads a status line; null if it is malformed or does not belong to this table. */
export function parseStatus(text: string, table: MultipathTable): MultipathStatus | null {
  const words = wordsOf(text);
  const features = words.counted();
  const handler = words.counted();
  const counts = readGroupCounts(words);
  if (features === null || handler === null || counts?.count !== table.groups.length) return null;
  const groups = repeat(counts.count, (i) => readStatusGroup(words, table.groups[i]));
  if (groups === null || !words.atEnd()) return null;
  const queued = Number(features[1] ?? '0');
  return { queuedIo: Number.isSafeInteger(queued) ? queued : 0, nextGroup: counts.first, groups };
}

function formatGroup(group: TableGroup): string[] {
  // All paths of a group share one count of arguments. Further arguments of a path are the selector's defaults.
  const argCount = Math.min(...group.paths.map(({ args }) => args.length), MAX_COUNT);
  const paths = group.paths.flatMap(({ devt, args }) => [devt, ...args.slice(0, argCount)]);
  return [group.selector, `${group.paths.length}`, `${argCount}`, ...paths];
}

/** The parameters to load. */
export function formatTable(table: MultipathTable): string {
  const { features, handler, groups, initialGroup } = table;
  return [
    features.length,
    ...features,
    handler.length,
    ...handler,
    groups.length,
    initialGroup,
    ...groups.flatMap(formatGroup),
  ].join(' ');
}
