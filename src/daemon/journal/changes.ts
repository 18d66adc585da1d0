/** Finds the entries of the tables that an input has changed. The engine changes entries in place, two levels deep. */
import type { Tables } from '../../model/tables';

type Entry = Readonly<Record<string, unknown>>;

/** One entry before and after an input; null if the entry did not or does not exist. */
export interface EntryChange {
  kind: 'path' | 'map' | 'truth';
  key: string;
  /** The current or last kernel name or alias. */
  name: string;
  before: Entry | null;
  after: Entry | null;
}

export interface Lookout {
  /** The changes since the last call. */
  changes(): EntryChange[];
}

/** Whether an entry is compared. */
export type Interest = (entry: Pick<EntryChange, 'kind' | 'key' | 'name'>) => boolean;

/**
 * Compares fields and not texts, and only the entries of interest: there may be thousands of entries and tens of
 * thousands of inputs.
 */
export function createLookout(tables: Tables, interest: Interest): Lookout {
  const seen = {
    path: follow('path', tables.paths, ({ name }) => name, interest),
    map: follow('map', tables.maps, ({ facts }) => facts.name, interest),
    truth: follow('truth', new Map([['truth', tables.truth]]), () => 'truth', interest),
  };
  return { changes: () => [...seen.path(), ...seen.map(), ...seen.truth()] };
}

function follow<T extends object>(
  kind: EntryChange['kind'],
  table: ReadonlyMap<string, T>,
  nameOf: (entry: T) => string,
  interest: Interest,
): () => EntryChange[] {
  const before = new Map<string, { copy: Entry; name: string }>();
  const remember = (key: string, entry: T): { copy: Entry; name: string } => {
    const known = { copy: copyOf(entry), name: nameOf(entry) };
    before.set(key, known);
    return known;
  };
  const isWanted = (key: string, entry: T): boolean => interest({ kind, key, name: nameOf(entry) });
  for (const [key, entry] of table) if (isWanted(key, entry)) remember(key, entry);
  return () => {
    const changed: EntryChange[] = [];
    for (const [key, entry] of table) {
      const old = before.get(key)?.copy ?? null;
      // An entry that was of interest under its old name stays of interest as long as it exists.
      if (old === null ? !isWanted(key, entry) : isSame(old, entry as Entry, 2)) continue;
      const { copy, name } = remember(key, entry);
      changed.push({ kind, key, name, before: old, after: copy });
    }
    for (const [key, { copy, name }] of before) {
      if (table.has(key)) continue;
      before.delete(key);
      changed.push({ kind, key, name, before: copy, after: null });
    }
    return changed;
  };
}

function isRecord(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function copyOf(entry: object): Entry {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [key, isRecord(value) ? { ...value } : (value as unknown)]),
  );
}

function isSame(a: Entry, b: Entry, levels: number): boolean {
  for (const key in a) if (!(key in b)) return false;
  for (const key in b) {
    const [old, now] = [a[key], b[key]];
    if (old === now) continue;
    if (typeof old !== 'object' || typeof now !== 'object') return false;
    const deeper = levels > 1 && isRecord(old) && isRecord(now);
    if (!(deeper ? isSame(old, now, levels - 1) : JSON.stringify(old) === JSON.stringify(now))) return false;
  }
  return true;
}

/** A field that differs; `undefined`: the entry has no such field. */
export interface FieldChange {
  /** `check.state` */
  field: string;
  before: unknown;
  after: unknown;
}

/** The fields by which two states of an entry differ, two levels deep. */
export function fieldChanges(before: Entry, after: Entry, prefix = '', levels = 2): FieldChange[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => {
    const [old, now] = [before[key], after[key]];
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    if (levels > 1 && isRecord(old) && isRecord(now)) return fieldChanges(old, now, `${prefix}${key}.`, levels - 1);
    return [{ field: `${prefix}${key}`, before: old, after: now }];
  });
}
