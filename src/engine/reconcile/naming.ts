/**
 * Names of maps. A name is an attribute that follows the kernel, and is corrected only when a configuration is applied.
 */
import { type NameRule, nameRuleOf } from '../../config/aliases';
import type { Binding, DmName } from '../../config/bindings';
import { type DeviceIdentity, deviceIdentityOf } from '../../config/device';
import { uuidOfWwid, type Wwid, wwidOfUuid } from '../../model/identity';
import { findMap, findPath } from '../../model/lookup';
import type { MultipathMap } from '../../model/map';
import { type CoreContext, log, markForReconcile } from '../core/core';
import { dmNames, noteNewer } from '../inventory/listing';
import type { SettingsContext } from '../settings/state';
import { isRunning } from './mapWork';
import type { ReconcileContext } from './state';

/** All names in device-mapper, in the form that the bindings file needs. */
function namesForBindings(ctx: CoreContext): DmName[] {
  return Array.from(dmNames(ctx), ({ name, uuid }) => ({ name, wwid: wwidOfUuid(uuid) }));
}

/** A map has a new name. The engine follows it. If somebody else gave the name, the name stays. */
export function noteRename(ctx: ReconcileContext, map: MultipathMap, name: string): void {
  log(ctx, 'notice', `was renamed to ${name} (WWID ${map.wwid})`, map.facts.name);
  const ours = ctx.givenNames.get(map.uuid) === name;
  ctx.givenNames.delete(map.uuid);
  if (!ours || ctx.wantedNames.get(map.uuid) === name) ctx.wantedNames.delete(map.uuid);
  noteNewer(ctx, map.uuid, name);
  nameIsFree(ctx, map.facts.name);
}

/** Answers to orders that were given together share one list. */
export function noteBindings(ctx: ReconcileContext, bindings: readonly Binding[]): void {
  if (ctx.bindingsFrom === bindings) return;
  ctx.bindingsFrom = bindings;
  ctx.bindings.clear();
  ctx.bound.clear();
  for (const { wwid, alias } of bindings) {
    ctx.bound.set(alias, wwid);
    // If a LUN has several aliases, the first one counts, unless its map has another of them.
    if (!ctx.bindings.has(wwid)) ctx.bindings.set(wwid, alias);
  }
}

/** A name has become free: LUNs that wait for it may take it. */
export function nameIsFree(ctx: ReconcileContext, name: string): void {
  for (const uuid of ctx.wantedNames.keys()) markForReconcile(ctx, ctx.store.maps.get(uuid)?.wwid ?? null);
  for (const wwid of ownersOf(ctx, name)) markForReconcile(ctx, wwid);
}

/** The LUNs to which the configuration or the bindings file gives a name. Neither source goes before the other. */
function* ownersOf(ctx: ReconcileContext, name: string): Generator<Wwid> {
  for (const { alias, wwid } of ctx.configuredAliases) if (alias === name) yield wwid;
  const bound = ctx.bound.get(name);
  if (bound !== undefined) yield bound;
}

/** The rule that gives a LUN's map its name. */
export function nameRule(ctx: SettingsContext, wwid: Wwid): NameRule {
  return nameRuleOf(ctx.configuration, deviceOf(ctx, wwid), wwid);
}

function deviceOf(ctx: CoreContext, wwid: Wwid): DeviceIdentity | null {
  for (const { facts } of ctx.store.pathsOfWwid(wwid)) if (facts !== null) return deviceIdentityOf(facts);
  return null;
}

/** The name that a LUN's map should have, as far as it is known; null: the LUN has no alias yet. */
function nameOf(ctx: ReconcileContext, wwid: Wwid): string | null {
  const rule = nameRule(ctx, wwid);
  switch (rule.by) {
    case 'alias':
      return rule.name;
    case 'bindings':
      return boundAlias(ctx, wwid);
    case 'wwid':
      return wwid;
  }
}

/** The alias that the map already has as its name, or else the LUN's first alias. */
function boundAlias(ctx: ReconcileContext, wwid: Wwid): string | null {
  const present = ctx.store.maps.get(uuidOfWwid(wwid))?.facts.name;
  if (present !== undefined && ctx.bound.get(present) === wwid) return present;
  return ctx.bindings.get(wwid) ?? null;
}

/** True if the name of this LUN is still on another map that is about to give it up. */
export function aliasIsLeaving(ctx: ReconcileContext, wwid: Wwid): boolean {
  const name = nameOf(ctx, wwid);
  const holder = name === null ? undefined : ctx.store.mapByName(name);
  return holder !== undefined && holder.wwid !== wwid && ctx.wantedNames.has(holder.uuid);
}

/**
 * Called at the start and when a configuration is applied. The map gets the name that the configuration and the
 * bindings file give it. The settings for its kind of device count only after one of its paths is known.
 */
export function wantName(ctx: ReconcileContext, map: MultipathMap): void {
  const name = nameOf(ctx, map.wwid);
  if (name === map.facts.name) return;
  const rule = nameRule(ctx, map.wwid);
  if (rule.by === 'wwid' && deviceOf(ctx, map.wwid) === null) return;
  if (name === null) return askForAlias(ctx, map.wwid, map.facts.name, 0);
  ctx.wantedNames.set(map.uuid, name);
  markForReconcile(ctx, map.wwid);
}

/** Asks the bindings file for an alias. A new alias is written there first. */
export function askForAlias(ctx: ReconcileContext, wwid: Wwid, currentName: string | null, attempts: number): void {
  const rule = nameRule(ctx, wwid);
  if (rule.by !== 'bindings') return;
  const id = ctx.nextId++;
  if (currentName === null) ctx.work.set(wwid, { phase: 'binding', id, since: ctx.store.now, attempts });
  else ctx.naming.set(uuidOfWwid(wwid), id);
  ctx.effects.push({
    type: 'bind-alias',
    id,
    wwid,
    currentName,
    prefix: rule.prefix,
    configured: ctx.configuredAliases,
    dmNames: namesForBindings(ctx),
  });
}

/** The next step for a map's name. */
export type NameStep = { step: 'none' } | { step: 'wait' } | { step: 'rename'; to: string; reason: string };

/**
 * The next step towards the wanted name. If two maps hold each other's names, one of them takes its WWID as its name
 * for a moment. This name belongs to no other map, so no name ever leads to another LUN.
 */
export function nameStep(ctx: ReconcileContext, map: MultipathMap): NameStep {
  const wanted = ctx.wantedNames.get(map.uuid);
  if (wanted === undefined) return { step: 'none' };
  if (wanted === map.facts.name) {
    ctx.wantedNames.delete(map.uuid);
    return { step: 'none' };
  }
  const holder = ctx.store.mapByName(wanted);
  if (holder === undefined && !isOnOtherDevice(ctx, wanted, map.wwid)) {
    return { step: 'rename', to: wanted, reason: `${map.wwid} is to be named ${wanted}` };
  }
  if (holder !== undefined && ctx.wantedNames.has(holder.uuid)) {
    // The other map already makes room. One detour is enough.
    if (holder.operation?.kind === 'rename') return { step: 'wait' };
    if (map.facts.name !== map.wwid && leadsBackTo(ctx, holder, map)) {
      return {
        step: 'rename',
        to: map.wwid,
        reason: `the map takes its WWID as its name until it gets its own: the names ${wanted} and ${map.facts.name} are exchanged`,
      };
    }
    return { step: 'wait' };
  }
  return nameTaken(ctx, map, wanted);
}

/** True if a device that is not the map of this LUN has the name. */
export function isOnOtherDevice(ctx: CoreContext, name: string, wwid: Wwid): boolean {
  for (const device of dmNames(ctx)) if (device.name === name && wwidOfUuid(device.uuid) !== wwid) return true;
  return false;
}

function leadsBackTo(ctx: ReconcileContext, from: MultipathMap, to: MultipathMap): boolean {
  let at: MultipathMap | undefined = from;
  for (let hops = 0; at !== undefined && hops < ctx.wantedNames.size; hops++) {
    if (at.uuid === to.uuid) return true;
    const next = ctx.wantedNames.get(at.uuid);
    at = next === undefined ? undefined : ctx.store.mapByName(next);
  }
  return at?.uuid === to.uuid;
}

/**
 * A device that keeps its name holds the wanted one. mpathd never takes the name from it, and never lets the map keep
 * the name of a third LUN.
 */
function nameTaken(ctx: ReconcileContext, map: MultipathMap, wanted: string): NameStep {
  log(ctx, 'warning', `should be named ${wanted}, but another device has that name`, map.facts.name);
  ctx.wantedNames.delete(map.uuid);
  const boundToOther = [...ownersOf(ctx, map.facts.name)].some((wwid) => wwid !== map.wwid);
  if (!boundToOther || map.facts.name === map.wwid) return { step: 'none' };
  ctx.wantedNames.set(map.uuid, map.wwid);
  return { step: 'rename', to: map.wwid, reason: `${map.facts.name} belongs to another WWID` };
}

/** Gives all maps their names by the files. A map that cannot be read or that is being made gets its name later. */
export function nameAll(ctx: ReconcileContext): void {
  ctx.wantedNames.clear();
  ctx.naming.clear();
  for (const map of ctx.store.maps.values()) {
    if (map.stale === null && !isRunning(ctx.work.get(map.wwid))) wantName(ctx, map);
    else ctx.mapsToName.add(map.uuid);
  }
}

/** The LUN of a map, of a path or of a binding, or the WWID itself if it has paths. */
export function findWwid(ctx: ReconcileContext, what: string): Wwid | null {
  const map = findMap(ctx.store, what);
  if (map !== undefined) return map.wwid;
  for (const _ of ctx.store.pathsOfWwid(what)) return what;
  for (const { wwid, alias } of ctx.configuredAliases) if (alias === what) return wwid;
  return ctx.bound.get(what) ?? findPath(ctx.store, what)?.wwid ?? null;
}
