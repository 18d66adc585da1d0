/** The two tables, and how far they are known to be true, in the form that code outside the engine may read. */
import type { Counters } from './counters';
import type { DevT, PathKey, Wwid } from './identity';
import type { MultipathMap } from './map';
import type { Path } from './path';
import type { LossCause } from './uevent';
import type { Ms } from './units';

export interface Tables {
  readonly paths: ReadonlyMap<PathKey, Readonly<Path>>;
  /** By DM UUID. */
  readonly maps: ReadonlyMap<string, Readonly<MultipathMap>>;
  pathByDevt(devt: DevT): Readonly<Path> | undefined;
  pathByName(name: string): Readonly<Path> | undefined;
  mapByName(name: string): Readonly<MultipathMap> | undefined;
  pathsOfWwid(wwid: Wwid): Iterable<Readonly<Path>>;
  readonly truth: Readonly<Truth>;
  /** Engine time, ms, of the newest input. */
  readonly now: Ms;
}

/** What set the resync flag. */
export type ResyncCause = LossCause | 'start' | 'periodic';

/**
 * The count of uevent numbers that have not come since the start. It is large if other network namespaces use numbers.
 */
export interface Gaps {
  numbers: number;
  /** The count of looks: comparisons of the tables with a bare list of the kernel's devices. */
  looks: number;
  /** The least time from the last look to the next, ms. It grows while looks find nothing. */
  pauseMs: Ms;
}

/** How far the tables are known to be true; `status` shows it. */
export interface Truth {
  /** `starting` until the first resync is applied. */
  phase: 'starting' | 'idle' | 'resyncing' | 'stopping';
  generation: number;
  /**
   * The count of readings without an answer, and of maps in the making: the engine has noticed a change and has not
   * finished.
   */
  pending: number;
  /** The losses noticed since the start, by cause. */
  losses: Record<LossCause, number>;
  resyncs: number;
  lastResync: {
    /** Engine time, ms. */
    at: number;
    durationMs: Ms;
    attempts: number;
    cause: ResyncCause;
    pathsAdded: number;
    pathsRemoved: number;
    mapsAdded: number;
    mapsChanged: number;
    mapsRemoved: number;
  } | null;
  /** Holes in SEQNUM, and the looks that they led to. The finds of the looks are in `losses.gap`. */
  gaps: Readonly<Gaps>;
  counters: Counters;
  /** Engine time, ms, when the last fence came back; null: none yet. */
  lastFenceAt: Ms | null;
  /** `refused`: the kernel accepts no fence (a read-only /sys), so a missing fence is no fault. */
  fence: 'unknown' | 'working' | 'refused';
  udev: 'answering' | 'silent' | 'absent';
}
