/** The JSON documents of `mpathd … json`, which mpathctl shows. Ages are in ms before the document's time. */
import { countStates } from './showStatus';
import { findMap } from '../model/lookup';
import { featuresText, handlerText, mapSize, sysfsName, usablePaths } from './mapWildcards';
import { groupPriority, mapRow, mapRows, pathRow, type GroupRow, type MapRow } from './rows';
import type { DaemonControl, DaemonState } from './control';
import { sizeText } from './measures';
import type { Counters } from '../model/counters';
import type { Path, Stale } from '../model/path';
import type { Tables, Truth } from '../model/tables';
import type { LaneInfo } from '../kernel/lanes';
import type { ListenerInfo } from '../kernel/ports';
import type { UnansweredCall } from '../model/unanswered';

/** The version rises when a field vanishes or changes its meaning, and not with a new field. */
const DOCUMENT_VERSION = 1;

/** A call is shown as unanswered after this time, ms. Nearly all come back within a few. */
const UNANSWERED_MS = 2_000;

/** Why an entry's last reading failed. */
export interface StaleDocument {
  operation: string;
  errno: string | null;
  code: string;
  ageMs: number;
  attempts: number;
}

/** A stale entry with its name. */
export type StaleEntry = StaleDocument & { kind: 'path' | 'map'; device: string };

/** `mpathd status json`. */
export interface StatusDocument {
  document: number;
  daemon: { version: string; pid: number; state: DaemonState; uptimeMs: number };
  truth: Counters & {
    phase: Truth['phase'];
    generation: number;
    losses: Truth['losses'];
    resyncs: number;
    lastResync: (Omit<NonNullable<Truth['lastResync']>, 'at'> & { ageMs: number }) | null;
    lastFenceAgeMs: number | null;
    /** Holes in SEQNUM: the missing numbers, the looks that followed, and the shortest time (ms) between two looks. */
    gaps: Truth['gaps'];
  };
  udev: Truth['udev'];
  listeners: { kernel: ListenerInfo; udev: ListenerInfo | null };
  /** The threads for calls that may hang, by the kind of the calls. */
  lanes: LaneInfo[];
  log: { dropped: number };
  paths: { total: number; excluded: number; orphans: number; byState: Record<string, number> };
  maps: { total: number; withoutUsablePath: number };
  stale: StaleEntry[];
  operations: Array<{ map: string; kind: string; reason: string; ageMs: number }>;
  /** Questions and work on files that do not come back, the oldest first. */
  unanswered: UnansweredCall[];
}

/** One path of `mpathd paths json`. */
export interface PathDocument {
  name: string;
  devt: string;
  diskseq: number | null;
  hcil: string | null;
  wwid: string | null;
  init: Path['init'];
  /** The alias of the map that holds the path. */
  map: string | null;
  dmState: Path['dmState'];
  check: { state: string; message: string; method: string; ageMs: number | null; failures: number };
  priority: number;
  size: string;
  held: boolean;
  reason: string | null;
  protocol: string | null;
  stale: StaleDocument | null;
}

/** One map of `mpathd maps json`. */
export interface MapDocument {
  name: string;
  wwid: string;
  uuid: string;
  sysfs: string;
  size: string;
  readOnly: boolean;
  suspended: boolean;
  openCount: number;
  eventNr: number;
  features: string;
  handler: string;
  paths: { total: number; usable: number };
  operation: { kind: string; reason: string; ageMs: number } | null;
  lastFailure: string | null;
  stale: StaleDocument | null;
}

/** A map of `mpathd topology json`, with its groups. */
export interface TopologyDocument extends MapDocument {
  groups: Array<{
    number: number;
    selector: string;
    state: GroupRow['state'];
    priority: number;
    /** `name` is null if no path is known for a member. */
    paths: Array<{ name: string | null; devt: string; dmState: Path['dmState']; check: string; priority: number }>;
  }>;
}

function staleDocument(stale: Stale | null, now: number): StaleDocument | null {
  if (stale === null) return null;
  const { operation, errno, code } = stale.failure;
  return { operation, errno, code, ageMs: now - stale.since, attempts: stale.attempts };
}

function staleEntries(tables: Tables, now: number): StaleEntry[] {
  const entry = (kind: 'path' | 'map', device: string, stale: Stale | null): StaleEntry[] => {
    const document = staleDocument(stale, now);
    return document === null ? [] : [{ kind, device, ...document }];
  };
  return [
    ...[...tables.paths.values()].flatMap((path) => entry('path', path.name, path.stale)),
    ...[...tables.maps.values()].flatMap((map) => entry('map', map.facts.name, map.stale)),
  ];
}

function truthDocument(truth: Readonly<Truth>, now: number): StatusDocument['truth'] {
  const { lastResync } = truth;
  return {
    phase: truth.phase,
    generation: truth.generation,
    losses: truth.losses,
    resyncs: truth.resyncs,
    lastResync: lastResync === null ? null : resyncDocument(lastResync, now),
    lastFenceAgeMs: truth.lastFenceAt === null ? null : now - truth.lastFenceAt,
    ...truth.counters,
    gaps: truth.gaps,
  };
}

function resyncDocument(
  resync: NonNullable<Truth['lastResync']>,
  now: number,
): NonNullable<StatusDocument['truth']['lastResync']> {
  const { at, ...rest } = resync;
  return { ...rest, ageMs: now - at };
}

/** `mpathd status json`. */
export function statusDocument(tables: Tables, control: DaemonControl): StatusDocument {
  const now = control.now();
  const paths = [...tables.paths.values()];
  const maps = mapRows(tables);
  return {
    document: DOCUMENT_VERSION,
    daemon: {
      version: control.version,
      pid: control.pid,
      state: control.daemonState(),
      uptimeMs: now - control.startedAt,
    },
    truth: truthDocument(tables.truth, now),
    udev: tables.truth.udev,
    listeners: control.listeners(),
    lanes: control.lanes(),
    log: { dropped: control.droppedLogLines() },
    paths: {
      total: paths.length,
      excluded: paths.filter((path) => path.init === 'excluded').length,
      orphans: paths.filter((path) => path.init !== 'excluded' && path.map === null).length,
      byState: Object.fromEntries(countStates(tables)),
    },
    maps: { total: maps.length, withoutUsablePath: maps.filter((row) => usablePaths(row) === 0).length },
    stale: staleEntries(tables, now),
    operations: maps.flatMap(({ map }) => operationEntries(map.facts.name, mapOperation(map.operation, now))),
    unanswered: control
      .unanswered()
      .filter(({ ageMs }) => ageMs >= UNANSWERED_MS)
      .sort((a, b) => b.ageMs - a.ageMs),
  };
}

function mapOperation(operation: MapRow['map']['operation'], now: number): MapDocument['operation'] {
  return operation === null ? null : { kind: operation.kind, reason: operation.reason, ageMs: now - operation.since };
}

function operationEntries(map: string, operation: MapDocument['operation']): StatusDocument['operations'] {
  return operation === null ? [] : [{ map, ...operation }];
}

function pathDocument(tables: Tables, path: Readonly<Path>, now: number): PathDocument {
  const { map } = pathRow(tables, path);
  return {
    name: path.name,
    devt: path.devt,
    diskseq: path.diskseq,
    hcil: path.facts?.hcil ?? null,
    wwid: path.wwid,
    init: path.init,
    map: map?.facts.name ?? path.map,
    dmState: path.dmState,
    check: {
      state: path.check.state,
      message: path.check.message,
      method: path.check.method,
      ageMs: path.check.lastAt === null ? null : now - path.check.lastAt,
      failures: path.check.failures,
    },
    priority: path.priority,
    size: sizeText(path.facts?.sizeSectors ?? 0),
    held: path.leftOutByReload,
    reason: path.reason?.text ?? null,
    protocol: path.facts?.transport.protocol ?? null,
    stale: staleDocument(path.stale, now),
  };
}

/** `mpathd paths json`: all paths. An excluded path has its reason. */
export function pathsDocument(tables: Tables, now: number): { document: number; paths: PathDocument[] } {
  return {
    document: DOCUMENT_VERSION,
    paths: [...tables.paths.values()].map((path) => pathDocument(tables, path, now)),
  };
}

function mapDocument(row: MapRow, now: number): MapDocument {
  const { map } = row;
  return {
    name: map.facts.name,
    wwid: map.wwid,
    uuid: map.uuid,
    sysfs: sysfsName(row),
    size: mapSize(row),
    readOnly: map.facts.readOnly,
    suspended: map.facts.suspended,
    openCount: map.facts.openCount,
    eventNr: map.facts.eventNr,
    features: featuresText(row),
    handler: handlerText(row),
    paths: { total: row.paths.length, usable: usablePaths(row) },
    operation: mapOperation(map.operation, now),
    lastFailure: map.lastFailure,
    stale: staleDocument(map.stale, now),
  };
}

/** `mpathd maps json`. */
export function mapsDocument(tables: Tables, now: number): { document: number; maps: MapDocument[] } {
  return { document: DOCUMENT_VERSION, maps: mapRows(tables).map((row) => mapDocument(row, now)) };
}

function topologyOf(row: MapRow, now: number): TopologyDocument {
  const groups = row.groups.map((group) => ({
    number: group.number,
    selector: group.selector,
    state: group.state,
    priority: groupPriority(group),
    paths: group.paths.map(({ path, devt, dmState }) => ({
      name: path?.name ?? null,
      devt,
      dmState,
      check: path?.check.state ?? 'unchecked',
      priority: path?.priority ?? -1,
    })),
  }));
  return { ...mapDocument(row, now), groups };
}

/** `mpathd topology json [MAP]`; null: there is no such map. */
export function topologyDocument(
  tables: Tables,
  now: number,
  only: string | null,
): { document: number; maps: TopologyDocument[] } | null {
  const one = only === null ? undefined : findMap(tables, only);
  if (only !== null && one === undefined) return null;
  const rows = one === undefined ? mapRows(tables) : [mapRow(tables, one)];
  return { document: DOCUMENT_VERSION, maps: rows.map((row) => topologyOf(row, now)) };
}
