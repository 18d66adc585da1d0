/**
 * What an engine keeps of devices that are gone. It looks at every field of the engine's state, so it also finds a
 * forgotten removal in a room that is added later.
 */
import type { Checkpoint } from '../../src/engine/checkpoint';
import type { Json } from '../../src/engine/core/plainData';

/** Fields that mirror a file. They have an entry as long as the file has one. */
const OF_FILES: ReadonlySet<string> = new Set(['wwids', 'bindings', 'bound']);

/** Sizes of all collections in a value, by the names of the fields that lead there. */
function* sizesIn(name: string, value: Json): Generator<[name: string, size: number]> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) return yield [name, value.length];
  const entries = value.$map ?? value.$set;
  if (Array.isArray(entries)) return yield [name, value.$map === undefined ? entries.length : entries.length / 2];
  for (const [field, part] of Object.entries(value)) yield* sizesIn(`${name}.${field}`, part);
}

/** The number of entries in each collection of the engine's state. */
export function sizesOf(checkpoint: Checkpoint): Map<string, number> {
  const { paths, maps, putOrder, timers, hinted, rest } = checkpoint;
  // A timer without a subject concerns no device.
  const aboutDevices = timers.filter(([key]) => key.includes(' ')).length;
  const sizes = new Map<string, number>([
    ['paths', paths.length],
    ['maps', maps.length],
    ['indexed paths', putOrder.paths.length],
    ['indexed maps', putOrder.maps.length],
    ['timers', aboutDevices],
    ['hinted', hinted.length],
  ]);
  for (const [field, value] of Object.entries(rest)) {
    if (OF_FILES.has(field)) continue;
    for (const [name, size] of sizesIn(field, value)) sizes.set(name, size);
  }
  return sizes;
}

/** The collections that still have entries although the machine has no disk and no map; null: there is none. */
export function leftovers(checkpoint: Checkpoint): string | null {
  const kept = [...sizesOf(checkpoint)].filter(([, size]) => size > 0);
  return kept.length === 0 ? null : kept.map(([name, size]) => `${name} ${size}`).join(', ');
}
