/**
 * An index of entries by an attribute that belongs to one entry at a time (a name, a device number). The attribute may
 * change hands unseen. Then the entry that was put last counts, until it has another attribute.
 */
export interface EntryIndex<K, V> {
  add(key: K, entry: V): void;
  remove(key: K, entry: V): void;
  newest(key: K): V | undefined;
  /** True if no key belongs to two entries. */
  isUnique(): boolean;
}

export function createIndex<K, V>(): EntryIndex<K, V> {
  const newest = new Map<K, V>();
  /** The earlier entries of a key that has more than one. This hardly ever happens. */
  const older = new Map<K, V[]>();

  const takeOlder = (key: K, at: number): V | undefined => {
    const others = older.get(key) ?? [];
    const [taken] = at < 0 ? [] : others.splice(at, 1);
    if (others.length === 0) older.delete(key);
    return taken;
  };

  return {
    add: (key, entry) => {
      const before = newest.get(key);
      newest.set(key, entry);
      if (before === undefined) return;
      const others = older.get(key);
      if (others === undefined) older.set(key, [before]);
      else others.push(before);
    },
    remove: (key, entry) => {
      const others = older.get(key) ?? [];
      if (newest.get(key) !== entry) {
        takeOlder(key, others.lastIndexOf(entry));
        return;
      }
      const next = takeOlder(key, others.length - 1);
      if (next === undefined) newest.delete(key);
      else newest.set(key, next);
    },
    newest: (key) => newest.get(key),
    isUnique: () => older.size === 0,
  };
}
