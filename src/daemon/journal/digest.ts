/** One hash for both tables. It is equal if and only if the tables are equal, byte for byte, in a canonical form. */
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
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? sortedRecord(part) : part,
  );
}

function sortedRecord(record: object): object {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function byKey<T>(entries: Iterable<T>, keyOf: (entry: T) => string): T[] {
  return [...entries].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Both tables, with a line of canonical JSON per entry, and one line for the rest. */
export function* tableLines(tables: TableContents): Generator<string> {
  for (const path of byKey(tables.paths, ({ key }) => key)) yield canonicalJson(path);
  for (const map of byKey(tables.maps, ({ uuid }) => uuid)) yield canonicalJson(map);
  yield canonicalJson({ truth: tables.truth, now: tables.now });
}

/** SHA-256 in hex of the lines, joined by line ends; a line at a time. */
export function* digestSteps(tables: TableContents): Generator<void, string> {
  const hash = createHash('sha256');
  let separator = '';
  for (const line of tableLines(tables)) {
    hash.update(separator + line);
    separator = '\n';
    yield;
  }
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
