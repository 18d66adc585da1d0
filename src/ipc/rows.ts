/** The rows of tables and trees: paths and maps with their related entries. */
import type { DevT } from '../model/identity';
import type { MultipathMap } from '../model/map';
import { NO_PRIORITY, type Path } from '../model/path';
import type { StatusGroup } from '../model/table';
import type { Tables } from '../model/tables';
import { groupPriority as priorityOf } from '../policy/grouping';

/** A path, or a member of a map's table for which no path is known (then `path` is null). */
export interface PathRow {
  devt: DevT;
  path: Readonly<Path> | null;
  /** The map that holds the path; null: the path is an orphan. */
  map: Readonly<MultipathMap> | null;
  /** True if the map that holds the path is not in the tables (yet). */
  inUnknownMap: boolean;
  dmState: Path['dmState'];
  /** Engine time, ms. */
  now: number;
}

/** A path group of a map's live table. */
export interface GroupRow {
  /** From 1. */
  number: number;
  selector: string;
  state: StatusGroup['state'] | 'undef';
  paths: PathRow[];
}

/** A map with its groups. */
export interface MapRow {
  map: Readonly<MultipathMap>;
  groups: GroupRow[];
  /** The paths of all groups. */
  paths: PathRow[];
  /** Engine time, ms. */
  now: number;
}

/** The row of a single path. */
export function pathRow(tables: Tables, path: Readonly<Path>): PathRow {
  const map = path.map === null ? undefined : tables.maps.get(path.map);
  return {
    devt: path.devt,
    path,
    map: map ?? null,
    inUnknownMap: path.map !== null && map === undefined,
    dmState: path.dmState,
    now: tables.now,
  };
}

/**
 * The paths that `show paths` lists, without disks that will never be paths. A client that deletes orphans must not see
 * the host's own disks.
 */
export function listedPaths(tables: Tables): PathRow[] {
  return [...tables.paths.values()]
    .filter((path) => path.init !== 'excluded' && path.facts !== null)
    .map((path) => pathRow(tables, path));
}

function memberRow(tables: Tables, map: Readonly<MultipathMap>, devt: DevT, group: StatusGroup | undefined): PathRow {
  const path = tables.pathByDevt(devt) ?? null;
  const status = group?.paths.find((p) => p.devt === devt);
  return { devt, path, map, inUnknownMap: false, dmState: path?.dmState ?? status?.state ?? 'undef', now: tables.now };
}

/** A map with all members of its live table. A member need not be a known path. */
export function mapRow(tables: Tables, map: Readonly<MultipathMap>): MapRow {
  const groups = (map.table?.groups ?? []).map((group, index): GroupRow => {
    const status = map.status?.groups[index];
    return {
      number: index + 1,
      selector: group.selector,
      state: status?.state ?? 'undef',
      paths: group.paths.map(({ devt }) => memberRow(tables, map, devt, status)),
    };
  });
  return { map, groups, paths: groups.flatMap((group) => group.paths), now: tables.now };
}

/** All maps. */
export function mapRows(tables: Tables): MapRow[] {
  return [...tables.maps.values()].map((map) => mapRow(tables, map));
}

/** True if I/O can go through the path. multipath-tools counts a path as usable if it is up or ghost. */
export function isUsable(row: PathRow): boolean {
  return row.path?.check.state === 'up' || row.path?.check.state === 'ghost';
}

/** The mean priority of the group's paths, as grouping counts it. */
export function groupPriority(group: GroupRow): number {
  return priorityOf(
    group.paths.map((row) => ({
      priority: row.path?.priority ?? NO_PRIORITY,
      usable: isUsable(row),
    })),
  );
}
