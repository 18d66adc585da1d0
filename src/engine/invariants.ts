/**
 * Rules that hold after every step. They are checked at run time on the entries that the step touched. A breach is a
 * fault of mpathd: the daemon logs it once, with the journal, and goes on.
 */
import { wwidOfUuid } from '../model/identity';
import type { MultipathMap } from '../model/map';
import type { Path } from '../model/path';
import { parseTable } from '../policy/table';
import type { Context } from './context';
import { blockKey, mapKey } from './core/keys';
import { holdersOf, tableDevts } from './inventory/membership';
import type { Effect, Input, Invariant } from './protocol';

export interface Breach {
  invariant: Invariant;
  detail: string;
}

/** No history comes near this limit; only a leak reaches it. */
const ROOM = 65_536;
const ROOM_PER_ENTRY = 16;

export function findBreaches(ctx: Context, input: Input): Breach[] {
  const found: Breach[] = [];
  const tell = (invariant: Invariant, detail: string): void => void found.push({ invariant, detail });
  for (const effect of ctx.effects) checkOrder(ctx, effect, tell);
  const { paths, maps } = ctx.changed;
  for (const path of askedAboutPaths(ctx, input)) if (!paths.has(path)) checkRetryOfPath(ctx, path, tell);
  // An entry that the step changed may also have left the tables in this step.
  for (const path of paths) if (ctx.store.paths.get(path.key) === path) checkPath(ctx, path, tell);
  for (const map of askedAboutMaps(ctx, input)) if (!maps.has(map)) checkRetryOfMap(ctx, map, tell);
  for (const map of maps) if (ctx.store.maps.get(map.uuid) === map) checkMap(ctx, map, tell);
  if (input.type === 'check-done') checkAtPace(ctx, ctx.store.paths.get(input.path), tell);
  checkSizes(ctx, tell);
  return found;
}

type Tell = (invariant: Invariant, detail: string) => void;

/** A write never gives a map a path that another map holds, or a path of another LUN. */
function checkOrder(ctx: Context, effect: Effect, tell: Tell): void {
  if (effect.type !== 'create-map' && effect.type !== 'reload-map') return;
  const map = ctx.store.maps.get(effect.uuid);
  const present = new Set(map === undefined ? [] : tableDevts(map));
  const ordered = parseTable(effect.params)?.groups.flatMap((group) => group.paths.map(({ devt }) => devt)) ?? [];
  for (const devt of ordered) {
    if (present.has(devt)) continue;
    const wwid = ctx.store.pathByDevt(devt)?.wwid ?? null;
    if (wwid !== wwidOfUuid(effect.uuid)) tell('own-lun-only', `${devt} of ${wwid} is to join ${effect.uuid}`);
    for (const holder of holdersOf(ctx, devt)) {
      if (holder !== effect.uuid) tell('path-in-one-map', `${devt} is to join ${effect.uuid} and is in ${holder}`);
    }
  }
}

/**
 * Checks that tables and index agree. This happens for the entries that a step has changed, and for all others at the
 * pace of the checkers. In a large table a check of everything at each event would be most of the event's cost.
 */
function checkAtPace(ctx: Context, path: Path | undefined, tell: Tell): void {
  if (path === undefined) return;
  if (!ctx.changed.paths.has(path)) checkMembershipOfPath(ctx, path, tell);
  const map = path.map === null ? undefined : ctx.store.maps.get(path.map);
  if (map !== undefined && !ctx.changed.maps.has(map)) checkMembershipOfMap(ctx, map, tell);
}

function checkPath(ctx: Context, path: Path, tell: Tell): void {
  checkRetryOfPath(ctx, path, tell);
  checkMembershipOfPath(ctx, path, tell);
}

function checkRetryOfPath(ctx: Context, path: Path, tell: Tell): void {
  if (path.stale === null) return;
  const retry = blockKey(path.name);
  if (!ctx.timers.has(retry) && !ctx.reads.has(retry))
    tell('stale-has-retry', `${path.name} [${path.key}] is stale and not read again`);
}

function checkMembershipOfPath(ctx: Context, path: Path, tell: Tell): void {
  if (path.map !== null && !(ctx.store.maps.has(path.map) && holdersOf(ctx, path.devt).has(path.map))) {
    tell('membership-agrees', `${path.name} [${path.key}] is said to be in ${path.map}, whose table lacks it`);
  }
}

function checkMap(ctx: Context, map: MultipathMap, tell: Tell): void {
  checkRetryOfMap(ctx, map, tell);
  checkMembershipOfMap(ctx, map, tell);
}

function checkRetryOfMap(ctx: Context, map: MultipathMap, tell: Tell): void {
  if (map.stale === null) return;
  // If a look-up did not find the map, a listing decides.
  const awaited = map.missing.lookedUpAt === null ? mapKey({ uuid: map.uuid }) : 'list';
  if (!ctx.timers.has(awaited) && !ctx.reads.has(awaited))
    tell('stale-has-retry', `${map.facts.name} (${map.uuid}) is stale and not read again`);
}

function checkMembershipOfMap(ctx: Context, map: MultipathMap, tell: Tell): void {
  for (const devt of tableDevts(map)) {
    if (!holdersOf(ctx, devt).has(map.uuid))
      tell('membership-agrees', `${map.uuid} names ${devt}, which is not known to be in it`);
  }
}

function checkSizes(ctx: Context, tell: Tell): void {
  const limit = ROOM + ROOM_PER_ENTRY * (ctx.store.paths.size + ctx.store.maps.size);
  if (ctx.timers.size > limit) tell('bounded', `${ctx.timers.size} timers`);
  // The fields are not listed here, so that a new field is checked, too.
  for (const field in ctx) {
    const size = sizeOf(ctx[field as keyof Context]);
    if (size > limit) tell('bounded', `${size} entries in ${field}`);
  }
}

function sizeOf(value: unknown): number {
  if (value instanceof Map || value instanceof Set) return value.size;
  return Array.isArray(value) ? value.length : 0;
}

/**
 * The paths that an input about single devices concerns. For a resync, `changed` names each entry that the resync
 * changes.
 */
function askedAboutPaths(ctx: Context, input: Input): Path[] {
  switch (input.type) {
    case 'uevents':
      return present(input.batch.events.map(({ devt }) => (devt === null ? undefined : ctx.store.pathByDevt(devt))));
    case 'block-read':
      return present([ctx.store.pathByName(input.name) ?? ctx.store.pathByDevt(input.name)]);
    case 'check-done':
      return present([ctx.store.paths.get(input.path)]);
    default:
      return [];
  }
}

function askedAboutMaps(ctx: Context, input: Input): MultipathMap[] {
  switch (input.type) {
    case 'uevents':
      return present(input.batch.events.map(({ devt }) => (devt === null ? undefined : ctx.store.mapByDevt(devt))));
    case 'map-read':
      return present(['uuid' in input.by ? ctx.store.maps.get(input.by.uuid) : ctx.store.mapByDevt(input.by.devt)]);
    case 'operation-done':
      return present([ctx.store.maps.get(input.uuid)]);
    default:
      return [];
  }
}

function present<T>(entries: ReadonlyArray<T | undefined>): T[] {
  return entries.filter((entry): entry is T => entry !== undefined);
}
