/**
 * Maps and sets as JSON and back. The engine's state is plain data in maps, sets, lists and records,
 * so that a field that is new needs no code of its own here.
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const MAP = '$map';
const SET = '$set';

/** A deep copy as plain data, in the order in which maps and sets give their entries. */
export function toPlain(value: unknown): Json {
  if (typeof value !== 'object' || value === null) return value as Json;
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Map) return { [MAP]: [...value].map(([key, entry]) => [toPlain(key), toPlain(entry)]) };
  if (value instanceof Set) return { [SET]: [...value].map(toPlain) };
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toPlain(entry)]));
}

/** The inverse of {@link toPlain}. */
export function fromPlain(json: Json): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(fromPlain);
  const { [MAP]: entries, [SET]: members } = json;
  // Records with keys from outside (udev's properties) have texts as values, never lists.
  if (Array.isArray(entries)) return new Map((entries as Array<[Json, Json]>).map(([key, entry]) => [fromPlain(key), fromPlain(entry)]));
  if (Array.isArray(members)) return new Set(members.map(fromPlain));
  return Object.fromEntries(Object.entries(json).map(([key, entry]) => [key, fromPlain(entry)]));
}
