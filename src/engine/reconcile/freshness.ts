/**
 * A write rests on what is read once more just before it (docs/design.md, "Writes are deliberate"). Some changes raise
 * no event at all: a message to the map, or a LUN that an array has remapped without notice.
 */
import type { DevT } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { Ms } from '../../model/units';
import { type CoreContext, log } from '../core/core';
import { blockPending, requestBlock, requestMap } from '../core/questions';
import type { InventoryContext } from '../inventory/state';

/** Greatest age of a reading, ms, on which a path may join or leave a map. An older path is read again. */
const FRESH_MS = 1_000;

/** `readAt`: engine time, ms. */
export function isFresh(ctx: CoreContext, readAt: Ms): boolean {
  return ctx.store.now - readAt <= FRESH_MS;
}

/**
 * True in a step that brought a reading of the map. Otherwise a reading is asked for, and its answer leads here again.
 */
export function isJustRead(ctx: CoreContext, map: MultipathMap): boolean {
  if (map.readAt === ctx.seq) return true;
  requestMap(ctx, { uuid: map.uuid });
  return false;
}

/**
 * The paths that were read a moment ago, and that no dm device holds except `own` (dev_t of the map that they are to
 * join). All others are read again, and their answers lead here again. The holders in sysfs also include maps that
 * cannot be read, and devices that are no maps (LVM on a single path).
 */
export function freshOf(ctx: InventoryContext, paths: readonly Path[], own: DevT | null): Path[] {
  return paths.filter((path) => {
    if (path.stale !== null || blockPending(ctx, path.name)) return false;
    // A path that is still to be judged has its identity by the earlier configuration.
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
