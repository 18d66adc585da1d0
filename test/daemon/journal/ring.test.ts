import fc from 'fast-check';
import { createRing, type Ring, type Segment } from '../../../src/daemon/journal/ring';

const textOf = (segments: ReadonlyArray<Segment<number>>): string[] =>
  segments.flatMap(({ parts }) =>
    Buffer.concat([...parts])
      .toString('utf8')
      .split('\n')
      .slice(0, -1),
  );

function addLine<C>(ring: Ring<C>, line: string): void {
  ring.append(line.slice(0, 3));
  ring.append(line.slice(3));
  ring.endLine();
}

/** The ring as the journal uses it: the checkpoint is the number of lines before it. */
function fill(limit: number, lines: readonly string[]) {
  const ring = createRing(0, limit);
  for (const [at, line] of lines.entries()) {
    addLine(ring, line);
    if (ring.isDue()) ring.begin(at + 1);
  }
  return ring;
}

test('gives back the lines that came in, with a segment per checkpoint', () => {
  const ring = createRing('first', 1000);
  addLine(ring, 'a');
  ring.begin('second');
  addLine(ring, 'ä€');
  expect(
    ring.segments().map(({ checkpoint, parts, lines }) => [checkpoint, Buffer.concat([...parts]).toString(), lines]),
  ).toEqual([
    ['first', 'a\n', 1],
    ['second', 'ä€\n', 1],
  ]);
  expect(ring.bytes).toBe(2 + 6);
});

test('it always keeps the newest whole lines within its limit, from a checkpoint on', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 16, max: 400 }),
      fc.array(fc.string({ maxLength: 60, unit: fc.constantFrom('a', 'é', '€') }), { maxLength: 200 }),
      (limit, lines) => {
        const ring = fill(limit, lines);
        const segments = ring.segments();
        const kept = textOf(segments);
        const first = segments[0]?.checkpoint ?? 0;
        expect(kept).toEqual(lines.slice(first));
        const bytes = kept.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
        expect(ring.bytes).toBe(bytes);
        const longest = Math.max(0, ...lines.map((line) => Buffer.byteLength(line) + 1));
        expect(bytes).toBeLessThanOrEqual(limit + 2 * longest);
        // The ring always holds at least half of its limit, if so much has come.
        const all = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
        expect(bytes).toBeGreaterThanOrEqual(Math.min(all, limit / 2));
        expect(ring.memory).toBeGreaterThanOrEqual(bytes);
        // Each of the up to three segments has one chunk that is not full, of 64 bytes at least.
        expect(ring.memory).toBeLessThanOrEqual(bytes + 3 * Math.max(64, limit + 4));
      },
    ),
    { numRuns: 300 },
  );
});

test('a line longer than the limit is kept, with the lines before it, until half of the limit came after it', () => {
  const long = 'x'.repeat(5_000);
  const ring = fill(1_000, ['a', long]);
  for (const line of ['b'.repeat(300), 'c'.repeat(100)]) {
    addLine(ring, line);
    expect(textOf(ring.segments()).slice(0, 2)).toEqual(['a', long]);
  }
  addLine(ring, 'd'.repeat(100));
  expect(textOf(ring.segments()).map((line) => line[0])).toEqual(['b', 'c', 'd']);
  expect(ring.bytes).toBe(503);
});

test('segments that were handed out do not change', () => {
  const ring = createRing(0, 100);
  addLine(ring, 'first');
  const before = ring.segments();
  for (let i = 0; i < 50; i++) {
    addLine(ring, `line ${i}`);
    if (ring.isDue()) ring.begin(i);
  }
  expect(textOf(before)).toEqual(['first']);
});
