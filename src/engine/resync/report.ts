/** The result of a resync, counted for `status` and the log. */
import type { MapFacts } from '../../model/facts';
import type { MultipathMap } from '../../model/map';
import type { Truth } from '../../model/tables';
import { type CoreContext, log } from '../core/core';
import type { ResyncContext } from './state';

/** The tables before a snapshot is applied, as far as their changes are counted. */
export interface Before {
  paths: ReadonlySet<string>;
  maps: ReadonlyMap<string, MapFacts>;
}

/** True if a map's name, number or table has changed. A resync counts only these changes. */
function changed(before: MapFacts | undefined, { facts }: MultipathMap): boolean {
  // After a reading without news the facts are the same object.
  if (before === undefined || before === facts) return false;
  return (
    before.name !== facts.name || before.devt !== facts.devt || before.targets[0]?.table !== facts.targets[0]?.table
  );
}

export function remember(ctx: CoreContext): Before {
  const maps = new Map<string, MapFacts>();
  for (const map of ctx.store.maps.values()) maps.set(map.uuid, map.facts);
  return { paths: new Set(ctx.store.paths.keys()), maps };
}

/** `complete`: all disks and maps were listed. Only then does the resync count as done. */
export function report(ctx: ResyncContext, before: Before, complete: boolean): void {
  const { resync, store } = ctx;
  const maps = [...store.maps.values()];
  let pathsAdded = 0;
  for (const key of store.paths.keys()) if (!before.paths.has(key)) pathsAdded += 1;
  const mapsAdded = maps.filter((map) => !before.maps.has(map.uuid)).length;
  const durationMs = store.now - resync.startedAt;
  store.truth.generation += 1;
  if (complete) store.truth.resyncs += 1;
  store.truth.lastResync = {
    at: store.now,
    durationMs,
    attempts: resync.attempt,
    cause: resync.cause ?? 'requested',
    pathsAdded,
    pathsRemoved: before.paths.size + pathsAdded - store.paths.size,
    mapsAdded,
    mapsChanged: maps.filter((map) => changed(before.maps.get(map.uuid), map)).length,
    mapsRemoved: before.maps.size + mapsAdded - store.maps.size,
  };
  const counts = `${store.paths.size} paths, ${store.maps.size} maps, ${resync.attempt} attempts, ${Math.round(durationMs)} ms`;
  const how = complete ? 'done' : 'incomplete, to be repeated';
  log(ctx, 'notice', `resync ${store.truth.generation} ${how} (${resync.cause}): ${counts}`);
}

/**
 * Entries that the last resync did not list are removed only after a look-up of their own. They count with that resync.
 */
export function noteLookedUpAndGone(
  ctx: CoreContext,
  what: keyof Pick<NonNullable<Truth['lastResync']>, 'pathsRemoved' | 'mapsRemoved'>,
): void {
  const last = ctx.store.truth.lastResync;
  if (last !== null && ctx.store.now - last.at < AFTERMATH_MS) last[what] += 1;
}

/** How long, ms, after a resync a removal by look-up counts with it. */
const AFTERMATH_MS = 5_000;
