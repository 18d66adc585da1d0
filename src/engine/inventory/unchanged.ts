/** Readings of disks that give the same facts as the last ones. Nearly all readings do. */
import type { BlockFacts } from '../../model/facts';
import type { Path } from '../../model/path';
import { sameBlockFacts } from '../../model/sameFacts';
import type { Ms, Seq } from '../../model/units';
import { type CoreContext, markUnlessSettled } from '../core/core';
import { isBuried } from '../core/tombstones';
import { isIdentifiedAnyway } from './identify';
import { holdersOf, updateMembership } from './membership';
import type { InventoryContext } from './state';

/** Any reading is evidence of its time. */
export function notePathRead(ctx: CoreContext, path: Path, asked: Seq, at: Ms): void {
  path.known = asked;
  path.readAt = at;
  path.seenAt = ctx.seq;
}

/** True if these facts are known already, and the path's identity and place are in no doubt. */
export function saysNothingNew(ctx: InventoryContext, path: Path, asked: Seq, facts: BlockFacts): boolean {
  if (path.facts === null || path.stale !== null || asked < path.known || !isIdentifiedAnyway(ctx, path, facts))
    return false;
  if (isBuried(ctx, path.key, asked) || ctx.takenOutPaths.has(path.key) || ctx.attentions.size > 0) return false;
  return sameBlockFacts(path.facts, facts) && (ctx.store.pathsAreUnique() || ctx.store.pathByDevt(path.devt) === path);
}

/** The reading gave the same facts as the last one. They only count as newer. */
export function notePathUnchanged(ctx: InventoryContext, path: Path, asked: Seq, at: Ms): void {
  notePathRead(ctx, path, asked, at);
  const holders = holdersOf(ctx, path.devt);
  if (holders.size === 1 && path.wwid !== null && ctx.settled.has(path.wwid)) return;
  updateMembership(ctx, path);
  markUnlessSettled(ctx, path.wwid);
  for (const uuid of holders) markUnlessSettled(ctx, ctx.store.maps.get(uuid)?.wwid ?? null);
  ctx.announce({ kind: 'path-read-again', path, asked });
}
