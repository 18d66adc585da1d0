/** What a rescan found: counted for `status` and the log. */
import type { MultipathMap } from '../model/map';
import type { Truth } from '../model/tables';
import { log, type Context } from './context';

/** The tables before a snapshot is applied, as far as changes are counted. */
export interface Before {
  paths: ReadonlySet<string>;
  maps: ReadonlyMap<string, string>;
}

/** What a rescan is said to have changed about a map: its name, number and table. */
function signatureOf(map: MultipathMap): string {
  return `${map.facts.name} ${map.facts.devt} ${map.facts.targets[0]?.table ?? ''}`;
}

function changed(signature: string | undefined, map: MultipathMap): boolean {
  return signature !== undefined && signature !== signatureOf(map);
}

export function remember(ctx: Context): Before {
  const maps = new Map([...ctx.store.maps.values()].map((map) => [map.uuid, signatureOf(map)]));
  return { paths: new Set(ctx.store.paths.keys()), maps };
}

/** `complete`: all disks and maps were listed; only then the rescan counts as done. */
export function report(ctx: Context, before: Before, complete: boolean): void {
  const { resync, store } = ctx;
  const maps = [...store.maps.values()];
  const pathsAdded = [...store.paths.keys()].filter((key) => !before.paths.has(key)).length;
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
  log(ctx, 'notice', `rescan ${store.truth.generation} ${how} (${resync.cause}): ${counts}`);
}

/** Entries that the last rescan did not list go only after a look-up of their own: counted with it. */
export function noteLookedUpAndGone(ctx: Context, what: keyof Pick<NonNullable<Truth['lastResync']>, 'pathsRemoved' | 'mapsRemoved'>): void {
  const last = ctx.store.truth.lastResync;
  if (last !== null && ctx.store.now - last.at < AFTERMATH_MS) last[what] += 1;
}

/** How long after a rescan a removal by look-up is put down to it, ms. */
const AFTERMATH_MS = 5_000;
