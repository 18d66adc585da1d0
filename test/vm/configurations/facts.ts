/**
 * The result of a configuration as lines that can be compared: `333…7d0 alias` is `mpatha`. theirs.ts derives the facts
 * from the work of Debian's multipath-tools, ours.ts from the work of mpathd.
 */
export type Facts = ReadonlyMap<string, string>;

/** One fact on which the two differ; null: that side does not have it. */
export interface Difference {
  readonly fact: string;
  readonly theirs: string | null;
  readonly ours: string | null;
}

/** A map of the kernel, as guest/configurations.py shows it. */
export interface KernelMapAnswer {
  readonly name: string;
  readonly uuid: string;
  readonly devt: string;
  readonly node: string;
  /** udev's record. */
  readonly udev: string | null;
  readonly maxSectorsKb: string | null;
}

/** What guest/configurations.py shows of a step, whichever maker made the maps. */
export interface StepAnswer {
  readonly name: string;
  readonly rc: number;
  readonly log: string;
  /** The configuration in the form in which the maker prints it. */
  readonly config: string;
  readonly maps: readonly KernelMapAnswer[];
  /** `dmsetup table`. */
  readonly table: string;
  /** Texts of the bindings file and of the wwids file afterwards; null: there is no such file. */
  readonly bindings: string | null;
  readonly wwids: string | null;
  readonly seconds: number;
}

const UUID_PREFIX = 'mpath-';
/** The flag in the cookie for udev's rules: no partition maps (libmultipath's MPATH_UDEV_NO_KPARTX_FLAG). */
const NO_KPARTX = /^E:DM_SUBSYSTEM_UDEV_FLAG1=1$/m;

/** The words of a table's line, read from the left. */
interface Words {
  take(count: number): string[];
  /** Reads a count and then as many words. */
  counted(): string[];
}

const wordsOf = (line: string): Words => {
  const words = line.trim().split(/\s+/);
  const take = (count: number): string[] => {
    if (!(count <= words.length)) throw new Error(`a table ends too early: ${line}`);
    return words.splice(0, count);
  };
  return { take, counted: () => take(Number(take(1)[0])) };
};

/** The parts of a multipath table (dm-mpath.c, multipath_status with STATUSTYPE_TABLE), each as text. */
export const tableFacts = (params: string): Array<[string, string]> => {
  const words = wordsOf(params);
  const features = words.counted();
  const handler = words.counted();
  const [count = '', first = ''] = words.take(2);
  const groups = Array.from({ length: Number(count) }, () => {
    const [selector = ''] = words.take(1);
    const selectorArguments = words.counted();
    const [paths, each] = words.take(2).map(Number);
    const members = Array.from({ length: paths ?? 0 }, () => {
      const [devt, ...own] = words.take(1 + (each ?? 0));
      return `${devt}(${own.join(' ')})`;
    });
    return `${[selector, ...selectorArguments].join(' ')}: ${members.join(' ')}`;
  });
  return [
    ['features', features.join(' ')],
    ['handler', handler.join(' ')],
    ['first group', first],
    ['groups', groups.join(' | ')],
  ];
};

const tablesByName = (text: string): Map<string, string> => {
  const tables = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, params] = /^(.*?): 0 \d+ multipath (.*)$/.exec(line) ?? [];
    if (name !== undefined && params !== undefined) tables.set(name, params);
  }
  return tables;
};

const kernelMapFacts = (map: KernelMapAnswer, table: string | undefined): Array<[string, string]> => {
  const facts: Array<[string, string]> = [
    ['alias', map.name],
    ['partition maps', NO_KPARTX.test(map.udev ?? '') ? 'no' : 'yes'],
    ['max_sectors_kb', (map.maxSectorsKb ?? '').trim()],
    ...(table === undefined ? [['table', 'none'] as [string, string]] : tableFacts(table)),
  ];
  return facts;
};

const lineFacts = (text: string | null, line: RegExp): Array<[string, string]> =>
  (text ?? '').split('\n').flatMap((one) => {
    const [, key, value] = line.exec(one) ?? [];
    return key === undefined ? [] : [[key, value ?? ''] as [string, string]];
  });

/** The state of the kernel and of the state files after a step. */
export const stateFacts = (answer: StepAnswer): Array<[string, string]> => {
  const tables = tablesByName(answer.table);
  const maps = answer.maps.filter(({ uuid }) => uuid.startsWith(UUID_PREFIX));
  return [
    ...maps.flatMap((map) =>
      kernelMapFacts(map, tables.get(map.name)).map(([key, value]): [string, string] => [
        `${map.uuid.slice(UUID_PREFIX.length)} ${key}`,
        value,
      ]),
    ),
    ...lineFacts(answer.bindings, /^([^#\s]+)\s+(\S+)/).map(([alias, wwid]): [string, string] => [
      `bound: ${alias}`,
      wwid,
    ]),
    ...lineFacts(answer.wwids, /^\/(.+)\/$/).map(([wwid]): [string, string] => [`in the wwids file: ${wwid}`, 'yes']),
  ];
};

/** The facts that are not equal, in their order. */
export const differencesOf = (theirs: Facts, ours: Facts): Difference[] =>
  [...new Set([...theirs.keys(), ...ours.keys()])]
    .sort()
    .map((fact) => ({ fact, theirs: theirs.get(fact) ?? null, ours: ours.get(fact) ?? null }))
    .filter((one) => one.theirs !== one.ours);
