/**
 * Entries by an attribute that should be one entry's at a time but changes hands unseen (a name, a
 * device number): the entry that was put last counts, until it has another.
 */
export interface EntryIndex<K, V> {
  add(key: K, entry: V): void;
  remove(key: K, entry: V): void;
  newest(key: K): V | undefined;
}

export function createIndex<K, V>(): EntryIndex<K, V> {
  const entries = new Map<K, V[]>();
  return {
    add: (key, entry) => {
      const there = entries.get(key);
      if (there === undefined) entries.set(key, [entry]);
      else there.push(entry);
    },
    remove: (key, entry) => {
      const there = entries.get(key) ?? [];
      const at = there.lastIndexOf(entry);
      if (at >= 0) there.splice(at, 1);
      if (there.length === 0) entries.delete(key);
    },
    newest: (key) => entries.get(key)?.at(-1),
  };
}
