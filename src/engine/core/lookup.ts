/** What an administrator means by a name. */
import { uuidOfWwid, type Wwid } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { Context } from '../context';

/** By kernel name or dev_t, with or without `/dev/`. */
export function findPath(ctx: Context, what: string): Path | undefined {
  return ctx.store.pathByName(what) ?? ctx.store.pathByDevt(what);
}

/** By alias, WWID, or `dm-N`. */
export function findMap(ctx: Context, what: string): MultipathMap | undefined {
  const byName = ctx.store.mapByName(what) ?? ctx.store.maps.get(uuidOfWwid(what));
  const minor = /^dm-(\d+)$/.exec(what)?.[1];
  if (byName !== undefined || minor === undefined) return byName;
  return [...ctx.store.maps.values()].find((map) => map.facts.devt.endsWith(`:${minor}`));
}

/** The LUN of a map, of a path, of a binding, or the WWID itself if there are paths of it. */
export function findWwid(ctx: Context, what: string): Wwid | null {
  const map = findMap(ctx, what);
  if (map !== undefined) return map.wwid;
  for (const _ of ctx.store.pathsOfWwid(what)) return what;
  for (const { wwid, alias } of ctx.configuredAliases) if (alias === what) return wwid;
  return ctx.bound.get(what) ?? findPath(ctx, what)?.wwid ?? null;
}
