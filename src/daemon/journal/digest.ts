/** One number for both tables: equal if and only if they are, byte for byte, in one canonical form. */
import { createHash } from 'node:crypto';
import type { MultipathMap } from '../../model/map';
import type { Path } from '../../model/path';
import type { Truth } from '../../model/tables';

/** The tables, or a checkpoint with them. */
export interface TableContents {
  paths: Iterable<Readonly<Path>>;
  maps: Iterable<Readonly<MultipathMap>>;
  truth: Readonly<Truth>;
  now: number;
}

/** JSON with the keys of all records in order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? sortedRecord(part) : part,
  );
}

function sortedRecord(record: object): object {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function byKey<T>(entries: Iterable<T>, keyOf: (entry: T) => string): T[] {
  const key = (entry: T): string => keyOf(entry);
  return [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** SHA-256 in hex, a line per entry at a time. */
export function* digestSteps(tables: TableContents): Generator<void, string> {
  const hash = createHash('sha256');
  const lines = [...byKey(tables.paths, (path) => path.key), ...byKey(tables.maps, (map) => map.uuid)];
  for (const entry of lines) {
    hash.update(`${canonicalJson(entry)}\n`);
    yield;
  }
  hash.update(canonicalJson({ truth: tables.truth, now: tables.now }));
  return hash.digest('hex');
}

/** The whole digest at once. */
export function digestOf(tables: TableContents): string {
  const steps = digestSteps(tables);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
