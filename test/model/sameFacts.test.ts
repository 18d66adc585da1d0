import type { DmListEntry, MapFacts, TransportFacts } from '../../src/model/facts';
import { sameBlockFacts, sameEntry, sameMapState } from '../../src/model/sameFacts';
import { disk, mapFacts } from '../fixtures';

const TRANSPORT: TransportFacts = {
  protocol: 'scsi:fcp',
  hostWwnn: 'a',
  hostWwpn: 'b',
  targetWwnn: 'c',
  targetWwpn: 'd',
  hostAdapter: null,
};
const DISK = disk({ vpd80: null, holders: ['dm-0'], transport: TRANSPORT });
const MAP = mapFacts();
const ENTRY: DmListEntry = { name: 'mpatha', uuid: 'mpath-w', devt: '253:0', eventNr: 1 };

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** The value with one leaf changed, for every leaf of any field. */
function variants(value: unknown): unknown[] {
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    const within = items.flatMap((item, at) =>
      variants(item).map((other) => items.map((same, i) => (i === at ? other : same))),
    );
    return [...within, [...items, 'more'], items.slice(1)];
  }
  if (typeof value !== 'object' || value === null) return [`other than ${String(value)}`];
  const record = value as Record<string, unknown>;
  return Object.keys(record).flatMap((key) => variants(record[key]).map((other) => ({ ...record, [key]: other })));
}

/** The only field that may differ. */
function withoutEventNr({ eventNr: _, ...rest }: MapFacts): object {
  return rest;
}

const CASES: Array<[string, object, (a: never, b: never) => boolean]> = [
  ['a disk', DISK, sameBlockFacts],
  [
    'a map',
    withoutEventNr(MAP),
    (a, b) => sameMapState({ ...(a as MapFacts), eventNr: 1 }, { ...(b as MapFacts), eventNr: 2 }),
  ],
  ['a line of the listing', ENTRY, sameEntry],
];

test.each(CASES)('%s read twice is the same, and another in any field is not', (_, facts, same) => {
  expect(same(copy(facts) as never, copy(facts) as never)).toBe(true);
  const others = variants(facts);
  expect(others.length).toBeGreaterThanOrEqual(Object.keys(facts).length);
  for (const other of others) {
    expect([other, same(facts as never, other as never), same(other as never, facts as never)]).toEqual([
      other,
      false,
      false,
    ]);
  }
});

test.each([
  ['none against some', null, { A: '1' }, false],
  ['none twice', null, null, true],
  ['one property more', { A: '1' }, { A: '1', B: '' }, false],
  ['one fewer', { A: '1', B: '' }, { A: '1' }, false],
  ['another in its place', { A: '1', B: '' }, { A: '1', C: '' }, false],
  ['in another order', { A: '1', B: '2' }, { B: '2', A: '1' }, true],
])("udev's record: %s", (_, a, b, same) => {
  expect(sameBlockFacts({ ...DISK, udev: a }, { ...DISK, udev: b })).toBe(same);
});
