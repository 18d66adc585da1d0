/**
 * Closes the differences between what is wanted and what the kernel has, LUN by LUN (docs/design.md, "Writes are
 * deliberate"). All writes to existing maps begin here, except those of `del map` and an orderly stop. They rest on
 * fresh knowledge: the entry is not stale, no reading is under way, and no event is newer than the last reading.
 */
import { uuidOfWwid, type Wwid } from '../../model/identity';
import type { MultipathMap } from '../../model/map';
import { isUsable } from '../../model/path';
import type { CoreContext } from '../core/core';
import { blockKey } from '../core/keys';
import { blockPending, mapPending, requestBlock, requestMap } from '../core/questions';
import { pathOfOtherLun } from '../health/lunIdentity';
import type { InventoryContext } from '../inventory/state';
import { settingsOfMap } from '../settings/mapSettings';
import type { Classified } from './classified';
import { reconcileAbsent } from './createMap';
import { noteFailbackPolicy, noteGrouped, reconcileGroup } from './failback';
import { completeMap } from './incompleteMap';
import { classify } from './members';
import { nameStep } from './naming';
import { reconcilePathStates } from './pathStates';
import { advanceQueueing, switchKernelQueueing } from './queueing';
import type { ReconcileContext } from './state';
import { reconcileTable } from './table';
import { begin, heldBack, isNext, message, type Step } from './writes';
import { rememberWwid } from './wwidsFile';

/** Reconciles each LUN to which something happened. Nothing is written before the first resync is applied. */
export function reconcileMarked(ctx: ReconcileContext): void {
  if (ctx.store.truth.phase === 'starting' || ctx.store.truth.phase === 'stopping') return;
  // The reconciliation of a LUN can mark another LUN (a name that becomes free). Each LUN is taken once, so this ends.
  const wwids = [...ctx.toReconcile];
  ctx.toReconcile.clear();
  for (const wwid of wwids) reconcile(ctx, wwid);
}

function reconcile(ctx: ReconcileContext, wwid: Wwid): void {
  const map = ctx.store.maps.get(uuidOfWwid(wwid));
  if (map === undefined) return reconcileAbsent(ctx, wwid);
  if (map.facts.hasLiveTable) endMaking(ctx, wwid);
  if (!isFresh(ctx, map)) return;
  const step = nextStep(ctx, map);
  if (step !== null && typeof step !== 'string') begin(ctx, map, step.write);
}

/** The step of the first rule that finds one. */
function nextStep(ctx: ReconcileContext, map: MultipathMap): Step {
  const completion = completeMap(ctx, map);
  if (completion !== null) return completion;
  // Another LUN's map may wait for the name of a map without a table.
  return map.table === null ? reconcileName(ctx, map) : reconcileMap(ctx, map);
}

/**
 * The map exists: somebody else made it, or it came back. So the engine does not wait for its own making any more. But
 * a map without a table may be our own, whose table the kernel has just refused. Then the pause before the next try
 * stays.
 */
function endMaking(ctx: ReconcileContext, wwid: Wwid): void {
  const work = ctx.work.get(wwid);
  if (work?.phase === 'binding') ctx.naming.set(uuidOfWwid(wwid), work.id);
  if (work?.phase === 'binding' || work?.phase === 'named' || (work?.phase === 'waiting' && work.write === 'create'))
    ctx.work.delete(wwid);
}

/** True if the engine may act on the map's entry now. If not, the input that allows it is on its way. */
function isFresh(ctx: ReconcileContext, map: MultipathMap): boolean {
  const work = ctx.work.get(map.wwid);
  if (ctx.writes.has(map.uuid) || map.stale !== null || mapPending(ctx, map.uuid)) return false;
  if (work?.phase === 'binding' || work?.phase === 'creating') return false;
  // If a new table is refused, the paths of the present table are still failed and reinstated.
  const held = heldBack(ctx, map.wwid);
  if (held !== null && held !== 'reload' && held !== 'create') return false;
  if (map.missing.listedAt !== null || map.missing.lookedUpAt !== null) return false;
  if (map.eventAt > map.known) {
    requestMap(ctx, { uuid: map.uuid });
    return false;
  }
  return true;
}

function reconcileMap(ctx: ReconcileContext, map: MultipathMap): Step {
  const foreign = pathOfOtherLun(ctx, map);
  if (foreign !== null)
    return message(`fail_path ${foreign.devt}`, `${foreign.name} leads to another LUN, ${foreign.live.otherWwid}`);
  const found = classify(ctx, map);
  if (found.members.length > 0) rememberWwid(ctx, map.wwid);
  for (const devt of found.unknown) {
    if (ctx.store.pathByDevt(devt) === undefined) lookUpOnce(ctx, devt);
  }
  const settings = settingsOfMap(ctx, map);
  noteFailbackPolicy(ctx, map, settings.configured.failback.value);
  advanceQueueing(ctx, map, settings);
  // If a path leaves, the reload comes first.
  const early = found.leaving.length === 0 ? switchKernelQueueing(ctx, map) : null;
  if (isNext(early)) return early;
  const table = reconcileTable(ctx, map, found, settings);
  if (isNext(table)) return table;
  for (const rule of [switchKernelQueueing, reconcilePathStates]) {
    const step = rule(ctx, map);
    if (isNext(step)) return step;
  }
  const group = table === null ? reconcileGroup(ctx, map) : table;
  if (isNext(group)) return group;
  if (group === null) noteGrouped(ctx, map);
  const name = reconcileName(ctx, map);
  if (name === null && found.unknown.length === 0) nothingToDo(ctx, map, found);
  return name;
}

function reconcileName(ctx: ReconcileContext, map: MultipathMap): Step {
  const name = nameStep(ctx, map);
  if (name.step === 'none') return null;
  if (name.step === 'wait') return 'wait';
  const { to, reason } = name;
  return { write: { kind: 'rename', to, skipKpartx: settingsOfMap(ctx, map).configured.skip_kpartx.value, reason } };
}

/** The map is as wanted, so the next write that fails counts as a first failure and is logged. */
function nothingToDo(ctx: ReconcileContext, map: MultipathMap, found: Classified): void {
  if (heldBack(ctx, map.wwid) !== null) return;
  if (ctx.work.get(map.wwid)?.phase === 'waiting') ctx.work.delete(map.wwid);
  if (isSettled(ctx, map, found)) ctx.settled.add(map.wwid);
}

/** True if all is well, and no reading or timer is awaited. Then only a change of the LUN can give work. */
function isSettled(ctx: CoreContext, map: MultipathMap, { leaving }: Classified): boolean {
  if (leaving.length > 0 || map.halfMadeSince !== null || map.table?.groups.length === 0) return false;
  const sectors = map.facts.targets[0]?.lengthSectors;
  for (const path of ctx.store.pathsOfWwid(map.wwid)) {
    if (path.map !== map.uuid || path.dmState !== 'active' || !isUsable(path.check.state)) return false;
    if (path.stale !== null || path.facts?.sizeSectors !== sectors || blockPending(ctx, path.name)) return false;
  }
  return true;
}

/** Asks once about a number in a table that has no disk in ours, and again if the kernel's answer failed. */
function lookUpOnce(ctx: InventoryContext, devt: string): void {
  if (ctx.lookedUp.has(devt) || ctx.unread.has(blockKey(devt))) return;
  ctx.lookedUp.add(devt);
  requestBlock(ctx, devt);
}
