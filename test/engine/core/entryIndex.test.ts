import fc from 'fast-check';
import { createIndex, type EntryIndex } from '../../../src/engine/core/entryIndex';

/** An index as a list of all entries that were put, in order. */
function lists(): EntryIndex<string, number> {
  const entries: Array<[string, number]> = [];
  return {
    add: (key, entry) => void entries.push([key, entry]),
    remove: (key, entry) => {
      const at = entries.map(([k, e]) => k === key && e === entry).lastIndexOf(true);
      if (at >= 0) entries.splice(at, 1);
    },
    newest: (key) => entries.filter(([k]) => k === key).at(-1)?.[1],
    isUnique: () => new Set(entries.map(([k]) => k)).size === entries.length,
  };
}

test('the entry that was put last counts until it is removed, then the entry before it', () => {
  const index = createIndex<string, number>();
  expect(index.newest('sda')).toBeUndefined();
  for (const entry of [1, 2, 3]) index.add('sda', entry);
  expect(index.newest('sda')).toBe(3);
  index.remove('sda', 2);
  expect(index.newest('sda')).toBe(3);
  index.remove('sda', 3);
  expect(index.newest('sda')).toBe(1);
  index.remove('sda', 1);
  expect(index.newest('sda')).toBeUndefined();
});

test('the index answers like a list of all entries that were put', () => {
  const command = fc.record({ add: fc.boolean(), key: fc.constantFrom('a', 'b'), entry: fc.nat({ max: 4 }) });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
      const [index, list] = [createIndex<string, number>(), lists()];
      for (const { add, key, entry } of commands) {
        for (const one of [index, list]) one[add ? 'add' : 'remove'](key, entry);
        for (const each of ['a', 'b']) expect(index.newest(each)).toBe(list.newest(each));
        expect(index.isUnique()).toBe(list.isUnique());
      }
    }),
  );
});
