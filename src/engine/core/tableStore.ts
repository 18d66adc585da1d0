/** The path and map tables with their indices. Only the engine writes to them; everybody else sees {@link Tables}. */
import { zeroCounters } from '../../model/counters';
import type { BlockFacts } from '../../model/facts';
import { type DevT, type DiskSeq, pathKey, type PathKey, type Wwid } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { Tables, Truth } from '../../model/tables';
import type { Ms } from '../../model/units';
import { createIndex } from './entryIndex';

export interface TableStore extends Tables {
  readonly paths: Map<PathKey, Path>;
  readonly maps: Map<string, MultipathMap>;
  readonly truth: Truth;
  now: Ms;
  pathByDevt(devt: DevT): Path | undefined;
  /**
   * The path with exactly this number and diskseq. In a large table each look into another index costs more than all
   * the rest, and mostly one look is enough.
   */
  pathOf(devt: DevT, diskseq: DiskSeq): Path | undefined;
  pathByName(name: string): Path | undefined;
  /** The path over a SCSI device, by the sysfs directory of that device (for SDEV_UA uevents). */
  pathByDevice(devpath: string): Path | undefined;
  mapByName(name: string): MultipathMap | undefined;
  mapByDevt(devt: DevT): MultipathMap | undefined;
  pathsOfWwid(wwid: Wwid): Iterable<Path>;
  /** Enters a path, or brings its indices up to date after a change of its name, facts or WWID. */
  putPath(path: Path): void;
  deletePath(path: Path): void;
  /** Enters a map, or brings its indices up to date after a change of its facts. */
  putMap(map: MultipathMap): void;
  deleteMap(map: MultipathMap): void;
  /** True if no two maps are held under one name or number, so that a look-up by either finds each map. */
  mapsAreUnique(): boolean;
  /** True if no two paths are held under one name or number. */
  pathsAreUnique(): boolean;
  /**
   * The keys in the order in which the entries were last put. With the order of the tables, this order restores the
   * indices.
   */
  putOrder(): { paths: PathKey[]; maps: string[] };
}

interface PathIndexed {
  name: string;
  wwid: Wwid | null;
  devpath: string | null;
  device: string | null;
}

/** For `/devices/…/0:0:0:0/block/sda`: `/devices/…/0:0:0:0`. */
export function deviceOf(facts: BlockFacts): string {
  return facts.devpath.replace(/\/block\/[^/]+$/, '');
}

export function createTableStore(): TableStore {
  const paths = new Map<PathKey, Path>();
  const maps = new Map<string, MultipathMap>();
  const pathDevt = createIndex<DevT, Path>();
  const pathName = createIndex<string, Path>();
  const pathDevice = createIndex<string, Path>();
  const pathWwid = new Map<Wwid, Set<Path>>();
  /** In the order of the puts, like all indices. */
  const pathIndexed = new Map<PathKey, PathIndexed>();
  const mapName = createIndex<string, MultipathMap>();
  const mapDevt = createIndex<DevT, MultipathMap>();
  const mapIndexed = new Map<string, { name: string; devt: DevT }>();

  const unindexPath = (path: Path): void => {
    const old = pathIndexed.get(path.key);
    if (old === undefined) return;
    pathName.remove(old.name, path);
    pathDevt.remove(path.devt, path);
    if (old.device !== null) pathDevice.remove(old.device, path);
    if (old.wwid !== null) {
      const group = pathWwid.get(old.wwid);
      group?.delete(path);
      if (group?.size === 0) pathWwid.delete(old.wwid);
    }
    pathIndexed.delete(path.key);
  };

  /** True if no other path was put under its name, number or device since then: another put would change nothing. */
  const isPathIndexed = (path: Path): boolean => {
    const old = pathIndexed.get(path.key);
    if (
      old === undefined ||
      old.name !== path.name ||
      old.wwid !== path.wwid ||
      old.devpath !== (path.facts?.devpath ?? null)
    )
      return false;
    if (pathName.newest(old.name) !== path || pathDevt.newest(path.devt) !== path) return false;
    return old.device === null || pathDevice.newest(old.device) === path;
  };

  const isMapIndexed = (map: MultipathMap): boolean => {
    const old = mapIndexed.get(map.uuid);
    if (old === undefined || old.name !== map.facts.name || old.devt !== map.facts.devt) return false;
    return mapName.newest(old.name) === map && mapDevt.newest(old.devt) === map;
  };

  const unindexMap = (map: MultipathMap): void => {
    const old = mapIndexed.get(map.uuid);
    if (old === undefined) return;
    mapName.remove(old.name, map);
    mapDevt.remove(old.devt, map);
    mapIndexed.delete(map.uuid);
  };

  return {
    paths,
    maps,
    now: 0,
    truth: {
      phase: 'starting',
      generation: 0,
      pending: 0,
      losses: {
        overrun: 0,
        drops: 0,
        truncated: 0,
        malformed: 0,
        'queue-full': 0,
        'listener-restarted': 0,
        'fence-lost': 0,
        gap: 0,
        requested: 0,
      },
      resyncs: 0,
      lastResync: null,
      gaps: { numbers: 0, looks: 0, pauseMs: 0 },
      counters: zeroCounters(),
      lastFenceAt: null,
      fence: 'unknown',
      udev: 'absent',
    },
    pathByDevt: (devt) => pathDevt.newest(devt),
    pathOf: (devt, diskseq) => {
      const newest = pathDevt.newest(devt);
      return newest?.diskseq === diskseq ? newest : paths.get(pathKey(devt, diskseq));
    },
    pathByName: (name) => pathName.newest(name),
    pathByDevice: (devpath) => pathDevice.newest(devpath),
    mapByName: (name) => mapName.newest(name),
    mapByDevt: (devt) => mapDevt.newest(devt),
    pathsOfWwid: (wwid) => pathWwid.get(wwid) ?? [],
    putPath: (path) => {
      if (isPathIndexed(path)) return;
      unindexPath(path);
      const device = path.facts === null ? null : deviceOf(path.facts);
      paths.set(path.key, path);
      pathDevt.add(path.devt, path);
      pathName.add(path.name, path);
      if (device !== null) pathDevice.add(device, path);
      if (path.wwid !== null) {
        const group = pathWwid.get(path.wwid);
        if (group === undefined) pathWwid.set(path.wwid, new Set([path]));
        else group.add(path);
      }
      pathIndexed.set(path.key, { name: path.name, wwid: path.wwid, devpath: path.facts?.devpath ?? null, device });
    },
    deletePath: (path) => {
      unindexPath(path);
      paths.delete(path.key);
    },
    putMap: (map) => {
      if (isMapIndexed(map)) return;
      unindexMap(map);
      maps.set(map.uuid, map);
      mapName.add(map.facts.name, map);
      mapDevt.add(map.facts.devt, map);
      mapIndexed.set(map.uuid, { name: map.facts.name, devt: map.facts.devt });
    },
    deleteMap: (map) => {
      unindexMap(map);
      maps.delete(map.uuid);
    },
    mapsAreUnique: () => mapName.isUnique() && mapDevt.isUnique(),
    pathsAreUnique: () => pathName.isUnique() && pathDevt.isUnique(),
    putOrder: () => ({ paths: [...pathIndexed.keys()], maps: [...mapIndexed.keys()] }),
  };
}
