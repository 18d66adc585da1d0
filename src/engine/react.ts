/**
 * Which room hears of which change, and in which order. Only in this way do inventory and resync cause something in the
 * rooms above them.
 */
import type { MultipathMap } from '../model/map';
import type { Change } from './core/changes';
import { recheckWwidIfDoubted, checkSoon, proveIdentity, scheduleFirstCheck } from './health/checks';
import { recheckWwid, noteCopy, onAttention } from './health/lunIdentity';
import { onFailedByKernel } from './health/pathFailures';
import { updatePriority } from './health/priorities';
import { noteRevived } from './health/rules';
import { forgetAccepted } from './reconcile/acceptedWrites';
import { forgetForeignReload, noteForeignReload } from './reconcile/foreignReload';
import { nameAll, nameIsFree, noteRename, wantName } from './reconcile/naming';
import type { ReconcileContext } from './reconcile/state';
import { noteLookedUpAndGone } from './resync/report';

export function react(ctx: ReconcileContext, change: Change): void {
  switch (change.kind) {
    case 'path-described':
      noteCopy(ctx, change.path, change.before);
      if (change.doubted) recheckWwid(ctx, change.path);
      return;
    case 'path-identified':
      updatePriority(ctx, change.path, change.asked);
      if (change.isNew) scheduleFirstCheck(ctx, change.path);
      return proveIdentity(ctx, change.path, change.asked);
    case 'path-read-again':
      return proveIdentity(ctx, change.path, change.asked);
    case 'path-left-map':
      // If the path is in doubt since its failure in that map, the next map would be made without it.
      return recheckWwidIfDoubted(ctx, change.path);
    case 'path-failed':
      return onFailedByKernel(ctx, change.path, change.map);
    case 'path-revived':
      return noteRevived(ctx, change.path);
    case 'unit-attention':
      onAttention(ctx, change.attention, change.address, change.path);
      if (change.path !== undefined) checkSoon(ctx, change.path);
      return;
    case 'looked-up-and-gone':
      return noteLookedUpAndGone(ctx, change.what);
    case 'map-renamed':
      return noteRename(ctx, change.map, change.to);
    case 'map-remade':
      return forgetForeignReload(ctx, change.map);
    case 'table-read':
      return noteForeignReload(ctx, change.map, change.before, change.knownBefore);
    case 'map-readable':
      return wantName(ctx, change.map);
    case 'map-gone':
      return forgetMap(ctx, change.map);
    case 'tables-complete':
      return nameAll(ctx);
  }
}

/** Forgets what the rooms have noted of a map for its next write. */
function forgetMap(ctx: ReconcileContext, map: MultipathMap): void {
  ctx.wantedNames.delete(map.uuid);
  ctx.givenNames.delete(map.uuid);
  ctx.naming.delete(map.uuid);
  nameIsFree(ctx, map.facts.name);
  ctx.reloadAnyway.delete(map.uuid);
  forgetAccepted(ctx, map);
  forgetForeignReload(ctx, map);
}
