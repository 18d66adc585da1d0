/** The two tables and what is known of their truth, as everything outside the engine may read them. */
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

/** Numbers of uevents that have not come, since start. Where other network namespaces use numbers up, they are many. */
export interface Gaps {
  numbers: number;
  /** Comparisons of the tables with a bare list of the kernel's devices. */
  looks: number;
  /** Least time from the last look to the next, ms: grows while looks find nothing. */
  pauseMs: Ms;
}

/** How sure the tables are (shown by `status`). */
export interface Truth {
  /** `starting` until the first resync is applied. */
  phase: 'starting' | 'idle' | 'resyncing' | 'stopping';
  generation: number;
  /** Readings asked for and not answered yet, and maps being made: what was noticed and is not worked off. */
  pending: number;
  /** Losses noticed since start, by cause. */
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
  /** Holes in SEQNUM, and the looks that they led to; what these found is in `losses.gap`. */
  gaps: Readonly<Gaps>;
  counters: Counters;
  /** Engine time, ms, when the last fence came back; null: none yet. */
  lastFenceAt: Ms | null;
  /** `refused`: the kernel takes no fences (a read-only /sys), so none can be missed. */
  fence: 'unknown' | 'working' | 'refused';
  udev: 'answering' | 'silent' | 'absent';
}
