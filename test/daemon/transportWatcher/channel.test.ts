import { createLineReader } from '../../../src/daemon/transportWatcher/channel';

function reader() {
  const seen: unknown[] = [];
  return { seen, read: createLineReader((raw) => seen.push(raw)) };
}

test('messages are lines, however they are cut into pieces', () => {
  const { seen, read } = reader();
  for (const piece of ['{"kind":', '"missed"}\n{"a":1}\n', '\n', '2']) expect(read(piece)).toBe(true);
  expect(seen).toEqual([{ kind: 'missed' }, { a: 1 }, undefined]);
});

test('a line that is no JSON is handed on as undefined', () => {
  const { seen, read } = reader();
  expect(read('nonsense\n{}\n')).toBe(true);
  expect(seen).toEqual([undefined, {}]);
});

test.each([
  ['a line that is too long', ['1'.repeat(1025) + '\n']],
  ['a line that never ends', ['1'.repeat(600), '1'.repeat(600)]],
  ['too many lines at once', ['\n'.repeat(1025)]],
])('%s is refused, and no part of it is used', (_what, pieces) => {
  const { seen, read } = reader();
  expect(pieces.map(read).at(-1)).toBe(false);
  expect(seen).toEqual([]);
});
