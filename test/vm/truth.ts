import { ask } from './daemon';
import { type Machine, waitFor } from './machine';

/** A map as dmsetup shows it (guest/truth.py). */
export interface KernelMap {
  readonly name: string;
  readonly uuid: string;
  /** `major:minor`, as everywhere in these tests. */
  readonly devt: string;
  readonly diskseq: string | null;
  readonly suspended: boolean;
  /** The dm event number. */
  readonly events: number;
  readonly open: number;
  readonly sectors: number;
  readonly features: readonly string[];
  readonly handler: readonly string[];
  /** Empty if the map has no live table. */
  readonly groups: readonly { readonly selector: string; readonly paths: readonly string[] }[];
  /** A active, E enabled, D disabled, for each group. */
  readonly groupStates: readonly string[];
  /** A active, F failed, by path. */
  readonly states: Readonly<Record<string, string>>;
  readonly failCounts: Readonly<Record<string, number>>;
}

/** A disk as sysfs shows it. */
export interface KernelDisk {
  readonly name: string;
  readonly devt: string;
  readonly diskseq: string | null;
  readonly wwid: string | null;
  readonly sectors: number;
  /** The SCSI device's state. */
  readonly state: string | null;
  readonly holders: readonly string[];
}

/** The kernel's maps and disks, found without any code of the product. */
export interface Truth {
  readonly maps: readonly KernelMap[];
  readonly disks: readonly KernelDisk[];
}

/** A daemon's tables, as its socket shows them. */
export interface DaemonTables {
  readonly maps: readonly {
    readonly name: string;
    readonly wwid: string;
    readonly sysfs: string;
    readonly paths: string;
    readonly size: string;
  }[];
  readonly paths: readonly {
    readonly name: string;
    readonly devt: string;
    readonly wwid: string;
    readonly map: string;
    readonly dmState: string;
    readonly checkerState: string;
    readonly hcil: string;
    readonly deviceState: string;
  }[];
}

/** Reads the kernel's maps and disks in one round trip. */
export const truthOf = async (machine: Machine): Promise<Truth> => {
  const { truth } = await machine.request({ truth: true }, 60_000);
  return truth as Truth;
};

const rows = async (machine: Machine, what: string, columns: string): Promise<string[][]> => {
  const reply = await ask(machine, `show ${what} raw format "${columns}"`);
  if (reply.startsWith('fail')) throw new Error(`show ${what}: ${reply}`);
  // An empty table is answered with "ok".
  return reply
    .split('\n')
    .filter((line) => line.includes('|'))
    .map((line) => line.split('|').map((word) => word.trim()));
};

/** Reads the daemon's maps and paths. */
export const tablesOf = async (machine: Machine): Promise<DaemonTables> => {
  const [maps, paths] = await Promise.all([
    rows(machine, 'maps', '%n|%w|%d|%N|%S'),
    rows(machine, 'paths', '%d|%D|%w|%m|%t|%T|%i|%o'),
  ]);
  return {
    maps: maps.map(([name = '', wwid = '', sysfs = '', count = '', size = '']) => ({
      name,
      wwid,
      sysfs,
      paths: count,
      size,
    })),
    paths: paths.map(
      ([name = '', devt = '', wwid = '', map = '', dmState = '', checkerState = '', hcil = '', deviceState = '']) => ({
        name,
        devt,
        wwid,
        map,
        dmState,
        checkerState,
        hcil,
        deviceState,
      }),
    ),
  };
};

const UUID_PREFIX = 'mpath-';
const isPath = (name: string): boolean => /^(sd[a-z]+|nvme\d+n\d+)$/.test(name);

/** Items that are in one set and not in the other. */
const setDifferences = (kernel: Iterable<string>, daemon: Iterable<string>, what: string): string[] => {
  const [inKernel, inDaemon] = [new Set(kernel), new Set(daemon)];
  return [
    ...[...inKernel].filter((one) => !inDaemon.has(one)).map((one) => `${what} ${one}: the daemon does not have it`),
    ...[...inDaemon].filter((one) => !inKernel.has(one)).map((one) => `${what} ${one}: only the daemon has it`),
  ];
};

const STATES: Readonly<Record<string, string>> = { A: 'active', F: 'failed' };

const mapDifferences = (map: KernelMap, daemon: DaemonTables, disks: ReadonlySet<string>): string[] => {
  const wwid = map.uuid.slice(UUID_PREFIX.length);
  const entry = daemon.maps.find((one) => one.wwid === wwid);
  if (entry === undefined) return [];
  const where = `map ${wwid}`;
  const inTable = map.groups.flatMap((group) => group.paths);
  const found = setDifferences(
    inTable.map((devt) => `${devt} ${STATES[map.states[devt] ?? ''] ?? '?'}`),
    daemon.paths.filter((path) => path.map === entry.name).map((path) => `${path.devt} ${path.dmState}`),
    `${where}: path`,
  );
  const node = `dm-${map.devt.split(':')[1]}`;
  if (entry.name !== map.name) found.push(`${where}: is named ${map.name}, the daemon says ${entry.name}`);
  // No test leaves a map suspended: I/O to it would wait for ever.
  if (map.suspended) found.push(`${where}: is suspended`);
  if (entry.sysfs !== node) found.push(`${where}: is ${node}, the daemon says ${entry.sysfs}`);
  found.push(
    ...inTable.filter((devt) => !disks.has(devt)).map((devt) => `${where}: its table has ${devt}, which is gone`),
  );
  return found;
};

/** Every difference between the daemon's tables and the kernel's, in words. The list is empty if they are equal. */
export const differences = (kernel: Truth, daemon: DaemonTables): string[] => {
  const maps = kernel.maps.filter((map) => map.uuid.startsWith(UUID_PREFIX));
  const disks = kernel.disks.filter((disk) => isPath(disk.name));
  const present = new Set(kernel.disks.map((disk) => disk.devt));
  return [
    ...setDifferences(
      maps.map((map) => map.uuid.slice(UUID_PREFIX.length)),
      daemon.maps.map((map) => map.wwid),
      'map',
    ),
    ...setDifferences(
      disks.map((disk) => `${disk.name} ${disk.devt}`),
      daemon.paths.map((path) => `${path.name} ${path.devt}`),
      'disk',
    ),
    ...maps.flatMap((map) => mapDifferences(map, daemon, present)),
  ];
};

/** What else must hold before the comparison counts, because two empty tables are equal, too. */
export interface Expected {
  /** The number of multipath maps in the kernel. */
  readonly maps?: number;
  /** The number of their paths altogether. */
  readonly paths?: number;
  readonly timeoutMs?: number;
}

const unexpected = (truth: Truth, { maps, paths }: Expected): string[] => {
  const present = truth.maps.filter((map) => map.uuid.startsWith(UUID_PREFIX));
  const count = present.flatMap((map) => map.groups.flatMap((group) => group.paths)).length;
  return [
    ...(maps === undefined || maps === present.length ? [] : [`the kernel has ${present.length} maps, not ${maps}`]),
    ...(paths === undefined || paths === count ? [] : [`the kernel's maps have ${count} paths, not ${paths}`]),
  ];
};

/** Waits until the daemon's tables equal the kernel's. Otherwise throws with every remaining difference. */
export const expectTablesEqualKernel = async (machine: Machine, expected: Expected = {}): Promise<Truth> =>
  waitFor(
    machine,
    "the daemon's tables to equal the kernel's",
    async () => {
      const daemon = await tablesOf(machine);
      const truth = await truthOf(machine);
      const found = [...unexpected(truth, expected), ...differences(truth, daemon)];
      if (found.length > 0) throw new Error(found.join('\n'));
      return truth;
    },
    expected.timeoutMs ?? 60_000,
  );
