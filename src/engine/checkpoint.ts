/**
 * The engine's whole state between two inputs, as JSON-safe data. An engine that is restored from it gives the same
 * tables and effects for the inputs that follow, byte for byte.
 */
import type { Configuration } from '../config/configuration';
import { zeroCounters } from '../model/counters';
import type { MultipathMap } from '../model/map';
import type { Path } from '../model/path';
import type { Truth } from '../model/tables';
import type { Ms, Seq } from '../model/units';
import { type Context, createContext } from './context';
import type { TimerKey } from './core/keys';
import type { EngineOptions } from './core/options';
import { fromPlain, type Json, toPlain } from './core/plainData';
import { useConfiguration } from './settings/configuration';

export interface Checkpoint {
  options: EngineOptions;
  /** The configuration as the files have it. The engine derives everything else from it again. */
  configuration: Configuration;
  /** Number of the last input that the checkpoint contains. */
  seq: Seq;
  now: Ms;
  truth: Truth;
  /** Both tables, each in its order. */
  paths: Path[];
  maps: MultipathMap[];
  /** The keys in the order of the indices. */
  putOrder: { paths: string[]; maps: string[] };
  timers: Array<[key: TimerKey, at: number]>;
  /** `hints.asked` by path key. */
  hinted: Array<[path: string, seq: Seq]>;
  /** All other fields of the context by name. */
  rest: { [field: string]: Json };
}

/** Fields that the checkpoint has in a form of its own, or that do not outlive a step. */
const APART = [
  'options',
  'configuration',
  'settingsCache',
  'configuredAliases',
  'store',
  'timers',
  'seq',
  'effects',
  'changed',
  'hints',
  'bindingsFrom',
  'announce',
] as const;

/**
 * Makes a copy of the context. It copies what the engine later changes in place, and shares what the engine only ever
 * replaces. So a checkpoint of thousands of paths takes milliseconds.
 */
export function saveContext(ctx: Context): Checkpoint {
  const { store, hints } = ctx;
  const { asked, ...otherHints } = hints;
  const hinted: Checkpoint['hinted'] = [];
  for (const path of store.paths.values()) {
    const seq = asked.get(path);
    if (seq !== undefined) hinted.push([path.key, seq]);
  }
  const apart: ReadonlySet<string> = new Set(APART);
  const others = Object.entries(ctx).filter(([field]) => !apart.has(field));
  return {
    options: { ...ctx.options },
    configuration: ctx.configuration.source,
    seq: ctx.seq,
    now: store.now,
    truth: copyOfTruth(store.truth),
    paths: [...store.paths.values()].map(copyOfPath),
    maps: [...store.maps.values()].map(copyOfMap),
    putOrder: store.putOrder(),
    timers: ctx.timers.entries(),
    hinted,
    rest: {
      ...Object.fromEntries(others.map(([field, value]) => [field, toPlain(value)])),
      hints: toPlain(otherHints),
    },
  };
}

function copyOfTruth(truth: Truth): Truth {
  return {
    ...truth,
    losses: { ...truth.losses },
    // A journal of an older mpathd does not have all counters.
    counters: { ...zeroCounters(), ...truth.counters },
    lastResync: truth.lastResync === null ? null : { ...truth.lastResync },
  };
}

function copyOfPath(path: Path): Path {
  return {
    ...path,
    facts: path.facts === null ? null : { ...path.facts },
    check: { ...path.check },
    live: { ...path.live },
  };
}

function copyOfMap(map: MultipathMap): MultipathMap {
  return { ...map, counters: { ...map.counters } };
}

/**
 * The context as it was at the checkpoint. This function copies, too, since a checkpoint may be restored many times.
 */
export function restoreContext(checkpoint: Checkpoint): Context {
  const fresh = createContext({ ...checkpoint.options });
  const { hints: hintsOf, ...fields } = fromPlain(checkpoint.rest) as Partial<Context>;
  // The fields go into the fresh context, because the reactions work on that object.
  const ctx: Context = Object.assign(fresh, fields, {
    hints: { ...fresh.hints, ...hintsOf, asked: fresh.hints.asked },
    seq: checkpoint.seq,
  });
  useConfiguration(ctx, checkpoint.configuration);
  const { store } = ctx;
  store.now = checkpoint.now;
  Object.assign(store.truth, copyOfTruth(checkpoint.truth));
  for (const path of checkpoint.paths) store.paths.set(path.key, copyOfPath(path));
  for (const map of checkpoint.maps) store.maps.set(map.uuid, copyOfMap(map));
  for (const key of checkpoint.putOrder.paths) store.putPath(entryOf(store.paths, key));
  for (const uuid of checkpoint.putOrder.maps) store.putMap(entryOf(store.maps, uuid));
  for (const [key, at] of checkpoint.timers) ctx.timers.set(key, at);
  for (const [key, seq] of checkpoint.hinted) ctx.hints.asked.set(entryOf(store.paths, key), seq);
  return ctx;
}

function entryOf<T>(table: ReadonlyMap<string, T>, key: string): T {
  const entry = table.get(key);
  if (entry === undefined) throw new RangeError(`the checkpoint has no entry ${key}`);
  return entry;
}
