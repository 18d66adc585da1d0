/** What an administrator means by a name. */
import { uuidOfWwid } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { CoreContext } from './core';

/** By kernel name or dev_t, with or without `/dev/`. */
export function findPath(ctx: CoreContext, what: string): Path | undefined {
  return ctx.store.pathByName(what) ?? ctx.store.pathByDevt(what);
}

/** By alias, WWID, or `dm-N`. */
export function findMap(ctx: CoreContext, what: string): MultipathMap | undefined {
  const byName = ctx.store.mapByName(what) ?? ctx.store.maps.get(uuidOfWwid(what));
  const minor = /^dm-(\d+)$/.exec(what)?.[1];
  if (byName !== undefined || minor === undefined) return byName;
  return [...ctx.store.maps.values()].find((map) => map.facts.devt.endsWith(`:${minor}`));
}
