/** The multipath target (drivers/md/dm-mpath.c): reads and prints its table line as the kernel does. */
import type { DevT } from '../model/identity';
import type { MultipathTarget, SimDisk, SimGroup, SimPath } from './world';

/** A table that the kernel refuses, with the errno. */
export class TableRefused extends Error {
  constructor(
    readonly errno: 'EINVAL' | 'ENXIO' | 'EBUSY' | 'ENODEV' | 'EROFS',
    why: string,
  ) {
    super(why);
  }
}

/** Finds the disk that a table names; throws {@link TableRefused} with the errno of the open. */
export type DiskLookup = (devt: DevT) => SimDisk;

interface Words {
  next(why: string): string;
  number(max: number, why: string): number;
  left(): number;
}

function wordsOf(params: string): Words {
  const words = params.split(/\s+/).filter((w) => w !== '');
  let at = 0;
  const next = (why: string): string => {
    const word = words[at++];
    if (word === undefined) throw new TableRefused('EINVAL', why);
    return word;
  };
  return {
    next,
    number: (max, why) => {
      const word = next(why);
      if (!/^\d{1,9}$/.test(word) || Number(word) > max) throw new TableRefused('EINVAL', why);
      return Number(word);
    },
    left: () => words.length - at,
  };
}

function take(words: Words, count: number, why: string): string[] {
  if (count > words.left()) throw new TableRefused('EINVAL', why);
  return Array.from({ length: count }, () => words.next(why));
}

const within =
  (low: number, high: number) =>
  (text: string): boolean =>
    /^\d{1,9}$/.test(text) && Number(text) >= low && Number(text) <= high;

/** The features with a value, and the values that parse_features (dm-mpath.c) accepts. */
const FEATURES_WITH_VALUE: ReadonlyMap<string, (value: string) => boolean> = new Map([
  ['pg_init_retries', within(1, 50)],
  ['pg_init_delay_msecs', within(0, 60_000)],
  ['queue_mode', (value) => ['bio', 'rq', 'mq'].includes(value)],
]);
const FEATURES_ALONE = new Set(['queue_if_no_path', 'retain_attached_hw_handler']);

function readFeatures(words: Words): string[] {
  const given = take(words, words.number(8, 'invalid number of feature args'), 'not enough arguments');
  const features: string[] = [];
  for (let i = 0; i < given.length; i++) {
    const word = given[i] as string;
    const value = given[i + 1];
    if (FEATURES_ALONE.has(word)) features.push(word);
    else if (value !== undefined && FEATURES_WITH_VALUE.get(word)?.(value) === true)
      features.push(word, given[++i] as string);
    else throw new TableRefused('EINVAL', 'Unrecognised multipath feature request');
  }
  return features;
}

/**
 * For each selector the arguments of a path, with their defaults, in the table as it is read back, and in the status
 * line.
 */
const SELECTORS: Readonly<
  Record<string, { tableArgs: readonly string[]; most: number; status: (args: readonly string[]) => string }>
> = {
  'round-robin': { tableArgs: ['1'], most: 1, status: () => '' },
  'queue-length': { tableArgs: ['1'], most: 1, status: () => '0 ' },
  // Repeat count and relative throughput: a table that is read back has both, even if neither was given.
  'service-time': { tableArgs: ['1', '1'], most: 2, status: (args) => `0 ${args[1]} ` },
};

/** ST_MAX_RELATIVE_THROUGHPUT. */
const MOST_THROUGHPUT = 100;

const STATUS_ARGS: Readonly<Record<string, number>> = { 'round-robin': 0, 'queue-length': 1, 'service-time': 2 };

function readGroup(words: Words, disk: DiskLookup): SimGroup {
  const name = words.next('not enough priority group arguments');
  const selector = SELECTORS[name];
  if (selector === undefined) throw new TableRefused('EINVAL', 'unknown path selector type');
  take(words, words.number(1024, 'invalid number of path selector args'), 'not enough path selector arguments');
  const count = words.number(1024, 'invalid number of paths');
  const args = words.number(1024, 'invalid number of selector args');
  const paths: SimPath[] = [];
  for (let i = 0; i < count; i++) {
    if (words.left() < 1 + args) throw new TableRefused('EINVAL', 'not enough path parameters');
    const devt = words.next('no device given');
    // lookup_bdev: the path name leads to no device.
    if (!/^\d{1,4}:\d{1,7}$/.test(devt)) throw new TableRefused('ENODEV', 'error getting device');
    const given = take(words, args, 'not enough path parameters');
    if (given.length > selector.most || given.some((a) => !/^\d{1,9}$/.test(a))) {
      throw new TableRefused('EINVAL', `${name} ps: incorrect number of arguments`);
    }
    const [repeats = '1', throughput = '1'] = given;
    if (Number(throughput) > MOST_THROUGHPUT)
      throw new TableRefused('EINVAL', `${name} ps: invalid relative_throughput`);
    // The kernel does not support repeat counts above 1 any more (dm-ps-service-time.c, st_add_path; the other
    // selectors as well).
    const known = [Number(repeats) > 1 ? '1' : repeats, throughput].slice(0, selector.tableArgs.length);
    paths.push({ disk: disk(devt), args: known, active: true, failCount: 0 });
  }
  return { selector: name, paths, bypassed: false };
}

/** Reads the parameters of a multipath target; throws {@link TableRefused}. */
export function readTarget(params: string, sizeSectors: number, disk: DiskLookup): MultipathTarget {
  const words = wordsOf(params);
  const features = readFeatures(words);
  const handlerWords = take(
    words,
    words.number(1024, 'invalid number of hardware handler args'),
    'not enough arguments',
  );
  const count = words.number(1024, 'invalid number of priority groups');
  const initial = words.number(1024, 'invalid initial priority group');
  if ((count === 0) !== (initial === 0)) throw new TableRefused('EINVAL', 'invalid initial priority group');
  const groups: SimGroup[] = [];
  while (words.left() > 0) groups.push(readGroup(words, disk));
  if (groups.length !== count) throw new TableRefused('EINVAL', 'priority group count mismatch');
  return {
    type: 'multipath',
    sizeSectors,
    queueIfNoPath: features.includes('queue_if_no_path'),
    features: features.filter((f) => f !== 'queue_if_no_path'),
    handler: handlerWords.length === 0 ? null : (handlerWords[0] as string),
    groups,
    nextGroup: initial === 0 || initial > count ? null : initial - 1,
    currentGroup: null,
  };
}

/** The number of the group in use, 1-based, as table and status show it; 0 without groups. */
function groupTold(target: MultipathTarget): number {
  return target.groups.length === 0 ? 0 : 1 + (target.nextGroup ?? target.currentGroup ?? 0);
}

/** STATUSTYPE_TABLE, with the kernel's blank at the end. */
export function tableLine(target: MultipathTarget): string {
  const features = [...(target.queueIfNoPath ? ['queue_if_no_path'] : []), ...target.features];
  let line = `${features.length} ${features.map((f) => `${f} `).join('')}`;
  line += target.handler === null ? '0 ' : `1 ${target.handler} `;
  line += `${target.groups.length} ${groupTold(target)} `;
  for (const group of target.groups) {
    const args = SELECTORS[group.selector]?.tableArgs.length ?? 0;
    line += `${group.selector} 0 ${group.paths.length} ${args} `;
    for (const path of group.paths) line += `${path.disk.devt} ${path.args.map((a) => `${a} `).join('')}`;
  }
  return line;
}

/**
 * STATUSTYPE_INFO. The two leading numbers are MPATHF_QUEUE_IO, which is set until the first I/O has chosen a group,
 * and the number of activations of this group's hardware handler.
 */
export function statusLine(target: MultipathTarget): string {
  const used = target.currentGroup !== null;
  let line = `2 ${used ? '0' : '1'} ${used && target.handler !== null ? '1' : '0'} 0 `;
  line += `${target.groups.length} ${groupTold(target)} `;
  target.groups.forEach((group, n) => {
    const state = group.bypassed ? 'D' : n === target.currentGroup ? 'A' : 'E';
    line += `${state} 0 ${group.paths.length} ${STATUS_ARGS[group.selector] ?? 0} `;
    for (const path of group.paths) {
      line += `${path.disk.devt} ${path.active ? 'A' : 'F'} ${path.failCount} ${SELECTORS[group.selector]?.status(path.args) ?? ''}`;
    }
  });
  return line;
}
