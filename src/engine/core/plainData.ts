/**
 * Converts maps and sets to JSON and back. The engine's state is plain data in maps, sets, lists and records, so a new
 * field needs no code of its own here.
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const MAP = '$map';
const SET = '$set';

type Primitive = null | boolean | number | string;

function isPrimitive(value: unknown): value is Primitive {
  return typeof value !== 'object' || value === null;
}

/** A deep copy as plain data, in the order in which maps and sets give their entries. */
export function toPlain(value: unknown): Json {
  if (isPrimitive(value)) return value;
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Set) return { [SET]: Array.from(value, toPlain) };
  if (value instanceof Map) return { [MAP]: flatEntries(value) };
  // Spread and loop, not Object.entries: there are thousands of records, and events wait during the copy.
  const copy = { ...value } as Record<string, Json>;
  for (const key in copy) if (!isPrimitive(copy[key])) copy[key] = toPlain(copy[key]);
  return copy;
}

/** Keys and values by turns. */
function flatEntries(map: ReadonlyMap<unknown, unknown>): Json[] {
  const flat: Json[] = [];
  for (const [key, entry] of map) flat.push(toPlain(key), toPlain(entry));
  return flat;
}

function mapOf(flat: readonly Json[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  for (let at = 0; at + 1 < flat.length; at += 2) map.set(fromPlain(flat[at] ?? null), fromPlain(flat[at + 1] ?? null));
  return map;
}

/** The inverse of {@link toPlain}. */
export function fromPlain(json: Json): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(fromPlain);
  const { [MAP]: entries, [SET]: members } = json;
  // In a record with keys from outside (udev's properties) the values are texts, never lists.
  if (Array.isArray(entries)) return mapOf(entries);
  if (Array.isArray(members)) return new Set(members.map(fromPlain));
  return Object.fromEntries(Object.entries(json).map(([key, entry]) => [key, fromPlain(entry)]));
}
