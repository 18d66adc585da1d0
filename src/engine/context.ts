/** What every part of the engine works on: the tables, what is under way, and the effects of this step. */
import type { Binding } from '../config/bindings';
import { emptyConfiguration } from '../config/configuration';
import { mergeConfiguration, type EffectiveConfiguration } from '../config/effective';
import type { Ere } from '../config/ere';
import type { BlockFacts } from '../model/facts';
import type { DevT, PathKey, Wwid } from '../model/identity';
import type { MultipathMap } from '../model/map';
import type { Path, Stale } from '../model/path';
import type { Failure } from '../model/failure';
import type { MapSettings } from './settings/mapSettings';
import type { PathSettings } from './settings/pathSettings';
import type { Effect, LogLevel } from './protocol';
import type { ResyncState } from './resync/resync';
import type { MapWork } from './core/mapWork';
import type { Accepted } from './reconcile/acceptedWrites';
import type { Audit } from './commands/commands';
import type { Waiter } from './commands/waiters';
import type { GapState } from './resync/seqnumGaps';
import type { HintState } from './health/transportHints';
import type { Invariant } from './invariants';
import { emptyListing, type Listing } from './inventory/listing';
import { createTableStore, type TableStore } from './core/tableStore';
import { createTimers, type Timers } from './core/timers';

/** Bounds and intervals, all in ms. */
export interface EngineOptions {
  /** How long an added disk's udev record is awaited before sysfs decides. */
  udevWaitMs: number;
  /** Checker interval at first and after a change, and its ceiling; null: as configured. */
  pollingMs: number | null;
  maxPollingMs: number | null;
  /** How long a fence may take to come back, and how often one is sent when nothing happens. */
  fenceTimeoutMs: number;
  heartbeatMs: number;
  /** A resync even without any sign of loss: the kernel can fail to send an event at all. */
  periodicResyncMs: number;
  /** First and longest pause before a failed reading is tried again. */
  retryMs: number;
  maxRetryMs: number;
  /** Least time between two looks at a hole in SEQNUM; and the most to which it grows while looks find nothing. */
  gapPauseMs: number;
  maxGapPauseMs: number;
}

export const DEFAULT_OPTIONS: EngineOptions = {
  udevWaitMs: 3_000,
  pollingMs: null,
  maxPollingMs: null,
  fenceTimeoutMs: 5_000,
  heartbeatMs: 10_000,
  periodicResyncMs: 600_000,
  retryMs: 250,
  maxRetryMs: 2_000,
  gapPauseMs: 5_000,
  maxGapPauseMs: 320_000,
};

/** A reading under way; `again` when something happened after it was asked for. */
export interface PendingRead {
  asked: number;
  again: boolean;
}

/** The checkers' pace, ms. */
export interface Polling {
  intervalMs: number;
  maxIntervalMs: number;
}

/** By the facts that they are about. */
export interface Worked {
  paths: WeakMap<BlockFacts, { wwid: Wwid | null; settings: PathSettings }>;
  /** By the facts of the map's first path, with those of all its paths. */
  maps: WeakMap<BlockFacts, { wwid: Wwid; facts: readonly BlockFacts[]; settings: MapSettings }>;
  /** Patterns in arguments; null: it is none. */
  patterns: Map<string, Ere | null>;
}

export function nothingWorked(): Worked {
  return { paths: new WeakMap(), maps: new WeakMap(), patterns: new Map() };
}

export interface Context {
  readonly options: EngineOptions;
  readonly store: TableStore;
  readonly timers: Timers;
  /** The configuration in force. */
  configuration: EffectiveConfiguration;
  /** The aliases in it. */
  configuredAliases: readonly Binding[];
  /** The kernel multipaths NVMe itself. */
  nativeNvme: boolean;
  polling: Polling;
  /** Settings that were worked out of the configuration and of facts: made anew where they are missing. */
  worked: Worked;
  /** What was told once since the configuration came into force. */
  readonly warned: Set<string>;
  /** Number of the input being worked on: the engine's order of knowledge. */
  seq: number;
  effects: Effect[];
  /** Entries that this step has changed: the invariants are checked on them. */
  readonly changed: { paths: Set<Path>; maps: Set<MultipathMap> };
  /** At most one reading per device is under way. */
  readonly reads: Map<string, PendingRead>;
  /** Identities removed on evidence, with its input number: readings asked for earlier are void. */
  readonly tombstones: Map<string, number>;
  /**
   * Unit attentions, with their input numbers, of SCSI devices (in sysfs) whose disks are not known yet, only being
   * read.
   */
  readonly attentions: Map<string, number>;
  /** Which maps' live tables name a device number, by UUID. */
  readonly holders: Map<DevT, Set<string>>;
  /** Device numbers in live tables whose disks are known to be gone. */
  readonly absentDevts: Set<DevT>;
  /** Disks that an event named but no reading has described yet, with failed attempts. */
  readonly unread: Map<string, number>;
  /** Paths and maps that an administrator (or another tool) removed: not taken up again by themselves.
   * Paths with the engine time, ms, at which the disk was last shown to be there. */
  readonly dismissedPaths: Map<PathKey, number>;
  /** The names of dismissed paths, by which an administrator asks for them back. */
  readonly dismissedNames: Map<string, PathKey>;
  readonly dismissedMaps: Set<Wwid>;
  /**
   * Maps asked for by name, with the input number of the question, until a later look or the making answers it: made
   * even with a single path.
   */
  readonly wantedMaps: Map<Wwid, number>;
  /** LUNs to be reconciled at the end of this step. */
  readonly dirty: Set<Wwid>;
  /** LUNs at which nothing was to do when they were last reconciled, and nothing has happened since. */
  readonly settled: Set<Wwid>;
  /** Paths that the configuration has not judged yet since it came into force. */
  readonly unjudged: Set<PathKey>;
  readonly work: Map<Wwid, MapWork>;
  /** What device-mapper accepted last, by kind of write and UUID. */
  readonly accepted: Map<string, Accepted>;
  /** All of device-mapper's devices at the last complete listing. */
  readonly listing: Listing;
  /** Maps that could not be read at start: their names are looked at when they can. */
  readonly adoptLater: Set<string>;
  /** Maps that are to be loaded anew though nothing differs: an administrator has asked for it. */
  readonly reloadAnyway: Set<string>;
  /** Maps that somebody else reloaded last: their grouping is left as it is. */
  readonly followed: Set<string>;
  /** Device numbers in tables that were asked about since the table was read. */
  readonly lookedUp: Set<DevT>;
  /** The wwids file. */
  readonly wwids: Set<Wwid>;
  /** WWIDs that the wwids file is to have and has not yet, with failed attempts. */
  readonly recording: Map<Wwid, number>;
  /** The bindings file: WWIDs by alias, and the first alias of each. */
  readonly bound: Map<string, Wwid>;
  readonly bindings: Map<Wwid, string>;
  /** The list that they were filled from. */
  bindingsFrom: readonly Binding[];
  /** Names that maps are to be given, by UUID. */
  readonly wantedNames: Map<string, string>;
  /** Names that were asked for by us and not seen yet, by UUID. */
  readonly givenNames: Map<string, string>;
  /** Writes that are not answered, by UUID: they may still be done, also to a map that was made anew meanwhile. */
  readonly writes: Map<string, number>;
  readonly resync: ResyncState;
  readonly hints: HintState;
  readonly gaps: GapState;
  readonly waiters: Waiter[];
  readonly audits: Audit[];
  /** Invariants whose breach was told. */
  readonly broken: Set<Invariant>;
  /** An administrator wants I/O queued also without the daemon, whatever is configured. */
  keepsQueueing: boolean;
  /** Of an orderly stop: which maps were told to queue no longer, by UUID, and that all is done. */
  readonly parting: { asked: Set<string>; done: boolean };
  nextId: number;
  /** The readiness has been told. */
  ready: boolean;
}

/** In force until the files are read. */
const NOTHING_SAID = mergeConfiguration(emptyConfiguration());

export function createContext(options: EngineOptions): Context {
  return {
    options,
    store: createTableStore(),
    timers: createTimers(),
    configuration: NOTHING_SAID,
    configuredAliases: [],
    nativeNvme: false,
    polling: { intervalMs: options.pollingMs ?? 5_000, maxIntervalMs: options.maxPollingMs ?? 20_000 },
    worked: nothingWorked(),
    warned: new Set(),
    seq: 0,
    effects: [],
    changed: { paths: new Set(), maps: new Set() },
    reads: new Map(),
    tombstones: new Map(),
    attentions: new Map(),
    holders: new Map(),
    absentDevts: new Set(),
    unread: new Map(),
    dismissedPaths: new Map(),
    dismissedNames: new Map(),
    dismissedMaps: new Set(),
    wantedMaps: new Map(),
    dirty: new Set(),
    settled: new Set(),
    unjudged: new Set(),
    work: new Map(),
    accepted: new Map(),
    listing: emptyListing(),
    adoptLater: new Set(),
    reloadAnyway: new Set(),
    followed: new Set(),
    lookedUp: new Set(),
    wwids: new Set(),
    recording: new Map(),
    bound: new Map(),
    bindings: new Map(),
    bindingsFrom: [],
    wantedNames: new Map(),
    givenNames: new Map(),
    writes: new Map(),
    resync: {
      phase: 'idle',
      cause: null,
      again: false,
      attempt: 0,
      startedAt: 0,
      token: 0,
      fence: null,
      fenceDrain: null,
      drops: 0,
      pending: null,
      audits: 0,
    },
    hints: {
      said: { network: { words: [], count: 0 }, fc: { words: [], count: 0 } },
      hosts: new Set(),
      allHosts: false,
      notBefore: { network: 0, fc: 0 },
      asked: new WeakMap(),
    },
    gaps: { hintedAt: null, asked: null, lookedAt: null, failed: false, suspects: new Map() },
    waiters: [],
    audits: [],
    broken: new Set(),
    keepsQueueing: false,
    parting: { asked: new Set(), done: false },
    nextId: 1,
    ready: false,
  };
}

export function log(ctx: Context, level: LogLevel, message: string, device?: string): void {
  ctx.effects.push(device === undefined ? { type: 'log', level, message } : { type: 'log', level, message, device });
}

/** Marks a LUN for reconciliation at the end of this step. */
export function touch(ctx: Context, wwid: Wwid | null): void {
  if (wwid === null) return;
  ctx.dirty.add(wwid);
  ctx.settled.delete(wwid);
}

/** The same for a reading that says what was known: where something is to do, it may be what was waited for. */
export function touchUnsettled(ctx: Context, wwid: Wwid | null): void {
  if (wwid !== null && !ctx.settled.has(wwid)) ctx.dirty.add(wwid);
}

/** The entry's state after one more failed reading: kept, shown, and due again after a growing pause. */
export function nextStale(ctx: Context, before: Stale | null, failure: Failure): Stale {
  const attempts = (before?.attempts ?? 0) + 1;
  return {
    failure,
    attempts,
    since: before?.since ?? ctx.store.now,
    retryAt: ctx.store.now + retryPause(ctx.options, attempts),
  };
}

/** Doubling pause before attempt `attempts + 1`, ms. */
export function retryPause(options: EngineOptions, attempts: number): number {
  return Math.min(options.retryMs * 2 ** Math.min(attempts - 1, 16), options.maxRetryMs);
}
