/**
 * What a write rests on is read once more just before it (docs/design.md, "Writes are deliberate"): some changes
 * raise no event at all (a message to the map, a LUN remapped on an array that does not tell).
 */
import type { DevT } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { Ms } from '../../model/units';
import { type CoreContext, log } from '../core/core';
import { blockPending, requestBlock, requestMap } from '../core/questions';
import type { InventoryContext } from '../inventory/state';

/** Age of a reading, ms, from which a path is read again before it joins a map, or leaves one. */
const FRESH_MS = 1_000;

/** `readAt`: engine time, ms. */
export function isFresh(ctx: CoreContext, readAt: Ms): boolean {
  return ctx.store.now - readAt <= FRESH_MS;
}

/** True in a step that brought a reading of the map; else one is asked for, and its answer leads here again. */
export function isJustRead(ctx: CoreContext, map: MultipathMap): boolean {
  if (map.readAt === ctx.seq) return true;
  requestMap(ctx, { uuid: map.uuid });
  return false;
}

/**
 * Those read a moment ago, and held by no dm device but the one they are to join (`own`, its dev_t);
 * the others are read again, and come up anew with the answers. sysfs tells the holders also of maps
 * that cannot be read, and of what is no map at all (LVM on a single path).
 */
export function freshOf(ctx: InventoryContext, paths: readonly Path[], own: DevT | null): Path[] {
  return paths.filter((path) => {
    if (path.stale !== null || blockPending(ctx, path.name)) return false;
    // What it is, the last reading said by another configuration.
    if (path.readAt === null || !isFresh(ctx, path.readAt) || ctx.pathsToJudge.has(path.key)) {
      requestBlock(ctx, path.name);
      return false;
    }
    const holder = foreignHolder(path, own);
    if (holder !== null) waitForRelease(ctx, path, holder);
    return holder === null;
  });
}

function foreignHolder(path: Path, own: DevT | null): string | null {
  const mine = own === null ? null : `dm-${own.split(':')[1]}`;
  return path.facts?.holders.find((holder) => /^dm-\d+$/.test(holder) && holder !== mine) ?? null;
}

function waitForRelease(ctx: CoreContext, path: Path, holder: string): void {
  const text = `held by ${holder}`;
  if (path.reason?.text !== text)
    log(ctx, 'info', `${text}: the path joins its map when ${holder} releases the disk`, path.name);
  path.reason = { kind: 'held', text };
  ctx.timers.setSooner(`block ${path.name}`, ctx.store.now + ctx.options.maxRetryMs);
}
