/** Paths and maps by what an administrator calls them. */
import { sysfsName } from './mapWildcards';
import { mapRow } from './rows';
import type { MultipathMap } from '../model/map';
import type { Path } from '../model/path';
import type { Tables } from '../model/tables';

/** `/dev/sda` is `sda`, `cciss/c0d0` is `cciss!c0d0` (sysfs has no slashes in names). */
export function devicePart(given: string): string {
  return given.replace(/^\/dev\//, '').replace(/^cciss\//, 'cciss!');
}

/** By `sdX` or `major:minor`. */
export function findPath(tables: Tables, given: string): Readonly<Path> | undefined {
  const name = devicePart(given);
  return /^\d+:\d+$/.test(name) ? tables.pathByDevt(name) : tables.pathByName(name);
}

/** By `dm-N`, alias or WWID. */
export function findMap(tables: Tables, given: string): Readonly<MultipathMap> | undefined {
  const name = devicePart(given).replace(/^mapper\//, '');
  if (/^dm-\d+$/.test(name)) {
    const found = [...tables.maps.values()].find((map) => sysfsName(mapRow(tables, map)) === name);
    if (found !== undefined) return found;
  }
  return tables.mapByName(name) ?? [...tables.maps.values()].find((map) => map.wwid === name);
}
