/** Finds paths and maps by the names that an administrator uses, for the socket and for the engine's own commands. */
import { uuidOfWwid } from './identity';
import type { MultipathMap } from './map';
import type { Path } from './path';

/** The engine's own tables, or the read-only tables for other code. */
interface Lookup<P, M> {
  readonly maps: ReadonlyMap<string, M>;
  pathByName(name: string): P | undefined;
  pathByDevt(devt: string): P | undefined;
  mapByName(name: string): M | undefined;
}

/** `/dev/sda` is `sda`, `cciss/c0d0` is `cciss!c0d0` (sysfs has no slashes in names). */
export function devicePart(given: string): string {
  return given.replace(/^\/dev\//, '').replace(/^cciss\//, 'cciss!');
}

/** Finds a path by kernel name or `major:minor`, with or without `/dev/`. */
export function findPath<P extends Readonly<Path>, M>(tables: Lookup<P, M>, given: string): P | undefined {
  const name = devicePart(given);
  return tables.pathByName(name) ?? tables.pathByDevt(name);
}

/** Finds a map by `dm-N`, alias or WWID, with or without `/dev/` or `/dev/mapper/`. */
export function findMap<P, M extends Readonly<MultipathMap>>(tables: Lookup<P, M>, given: string): M | undefined {
  const name = devicePart(given).replace(/^mapper\//, '');
  const minor = /^dm-(\d+)$/.exec(name)?.[1];
  // The kernel name of a dm device is `dm-` and the minor number (drivers/md/dm.c).
  for (const map of minor === undefined ? [] : tables.maps.values()) {
    if (map.facts.devt.endsWith(`:${minor}`)) return map;
  }
  return tables.mapByName(name) ?? tables.maps.get(uuidOfWwid(name));
}

/**
 * True if the text is the name of one map and the WWID of another one, as when two names that are WWIDs were exchanged.
 * A change must not go by such a text: the administrator may mean the LUN or the node.
 */
export function isAmbiguous<P, M extends Readonly<MultipathMap>>(tables: Lookup<P, M>, given: string): boolean {
  const name = devicePart(given).replace(/^mapper\//, '');
  const [named, ofLun] = [tables.mapByName(name), tables.maps.get(uuidOfWwid(name))];
  return named !== undefined && ofLun !== undefined && named.uuid !== ofLun.uuid;
}
