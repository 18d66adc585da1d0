/** Names of maps: an attribute that follows the kernel, put right only when a configuration is applied. */
import { parseAlias } from '../config/bindings';
import type { Binding, DmName } from '../config/bindings';
import { wwidOfUuid, type Wwid } from '../model/identity';
import type { MultipathMap } from '../model/map';
import { log, touch, type Context } from './context';
import { dmNames, noteNewer } from './listing';

/** device-mapper's names in the terms of the bindings file. */
export function namesForBindings(ctx: Context): DmName[] {
  return Array.from(dmNames(ctx), ({ name, uuid }) => ({ name, wwid: wwidOfUuid(uuid) }));
}

/** A map has another name than before: followed; if we did not do it, the new name stands. */
export function noteRename(ctx: Context, map: MultipathMap, name: string): void {
  log(ctx, 'notice', `was renamed to ${name} (WWID ${map.wwid})`, map.facts.name);
  const ours = ctx.givenNames.get(map.uuid) === name;
  ctx.givenNames.delete(map.uuid);
  if (!ours || ctx.wantedNames.get(map.uuid) === name) ctx.wantedNames.delete(map.uuid);
  noteNewer(ctx, map.uuid, name);
  nameIsFree(ctx, map.facts.name);
}

/** Answers to orders made together share one list. */
export function noteBindings(ctx: Context, bindings: readonly Binding[]): void {
  if (ctx.bindingsFrom === bindings) return;
  ctx.bindingsFrom = bindings;
  ctx.bindings.clear();
  for (const { wwid, alias } of bindings) ctx.bindings.set(wwid, alias);
}

/** Whoever waits for a name may take it now. */
function nameIsFree(ctx: Context, name: string): void {
  for (const uuid of ctx.wantedNames.keys()) touch(ctx, ctx.store.maps.get(uuid)?.wwid ?? null);
  for (const [wwid, alias] of ctx.bindings) if (alias === name) touch(ctx, wwid);
}

/** Whether a LUN's own alias is still on another map that is about to give it up. */
export function aliasIsLeaving(ctx: Context, wwid: Wwid): boolean {
  const alias = ctx.bindings.get(wwid);
  const holder = alias === undefined ? undefined : ctx.store.mapByName(alias);
  return holder !== undefined && holder.wwid !== wwid && ctx.wantedNames.has(holder.uuid);
}

/**
 * At start (and when a configuration is applied): the name that the bindings file gives each map.
 * A map without a binding keeps its name, and a name of the alias form is bound to it.
 */
export function wantBoundName(ctx: Context, map: MultipathMap): void {
  const bound = ctx.bindings.get(map.wwid);
  if (bound !== undefined) {
    if (bound === map.facts.name) return;
    ctx.wantedNames.set(map.uuid, bound);
    touch(ctx, map.wwid);
  } else if (parseAlias(map.facts.name, ctx.options.aliasPrefix) !== null) {
    const id = ctx.nextId++;
    ctx.work.set(map.wwid, { phase: 'binding', id, since: ctx.store.now, attempts: 0 });
    ctx.effects.push({
      type: 'bind-alias',
      id,
      wwid: map.wwid,
      currentName: map.facts.name,
      dmNames: namesForBindings(ctx),
    });
  }
}

/** What to do about a map's name now. */
export type NameStep = { step: 'none' } | { step: 'wait' } | { step: 'rename'; to: string; reason: string };

/**
 * The next step towards the wanted name. Two maps that hold each other's names need a detour: one
 * goes by its WWID for a moment, which is nobody else's name, so no name ever leads to another LUN.
 */
export function nameStep(ctx: Context, map: MultipathMap): NameStep {
  const wanted = ctx.wantedNames.get(map.uuid);
  if (wanted === undefined) return { step: 'none' };
  if (wanted === map.facts.name) {
    ctx.wantedNames.delete(map.uuid);
    return { step: 'none' };
  }
  const holder = ctx.store.mapByName(wanted);
  if (holder === undefined && !isOnADevice(ctx, wanted)) {
    return { step: 'rename', to: wanted, reason: `the bindings file names ${map.wwid} ${wanted}` };
  }
  if (holder !== undefined && ctx.wantedNames.has(holder.uuid)) {
    if (map.facts.name !== map.wwid && leadsBackTo(ctx, holder, map)) {
      return { step: 'rename', to: map.wwid, reason: `makes room: ${wanted} and ${map.facts.name} are to be exchanged` };
    }
    return { step: 'wait' };
  }
  return nameTaken(ctx, map, wanted);
}

function isOnADevice(ctx: Context, name: string): boolean {
  for (const device of dmNames(ctx)) if (device.name === name) return true;
  return false;
}

function leadsBackTo(ctx: Context, from: MultipathMap, to: MultipathMap): boolean {
  let at: MultipathMap | undefined = from;
  for (let hops = 0; at !== undefined && hops < ctx.wantedNames.size; hops++) {
    if (at.uuid === to.uuid) return true;
    const next = ctx.wantedNames.get(at.uuid);
    at = next === undefined ? undefined : ctx.store.mapByName(next);
  }
  return at?.uuid === to.uuid;
}

/** The bound name is held by a device that will not move: never take it away, never keep a third LUN's. */
function nameTaken(ctx: Context, map: MultipathMap, wanted: string): NameStep {
  log(ctx, 'warning', `should be named ${wanted}, but another device has that name`, map.facts.name);
  ctx.wantedNames.delete(map.uuid);
  const boundToOther = [...ctx.bindings].some(([wwid, alias]) => alias === map.facts.name && wwid !== map.wwid);
  if (!boundToOther || map.facts.name === map.wwid) return { step: 'none' };
  ctx.wantedNames.set(map.uuid, map.wwid);
  return { step: 'rename', to: map.wwid, reason: `${map.facts.name} is bound to another WWID` };
}
