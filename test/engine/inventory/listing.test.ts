import fc from 'fast-check';
import { createEngine, resumeEngine, type Engine } from '../../../src/engine/engine';
import { wholeListing } from '../../../src/engine/inventory/listing';
import type { Effect, InputBody } from '../../../src/engine/protocol';
import type { DmListEntry, DmListing, KernelSnapshot, MapFacts } from '../../../src/model/facts';
import type { Reading } from '../../../src/model/failure';
import { createListings } from '../../../src/simulator/listings';
import { startInput } from '../../configuration';
import { mapFacts } from '../../fixtures';

const NAMES = ['a', 'b', 'c'];
const uuidOf = (name: string): string => (name === 'c' ? 'LVM-c' : `mpath-${name}`);
const timedOut: Reading<never> = {
  ok: false,
  failure: { code: 'TIMED_OUT', operation: 'DM_LIST_DEVICES', device: 'x', errno: null },
};
const absent: Reading<never> = {
  ok: false,
  failure: { code: 'KERNEL_ERROR', operation: 'DM_DEV_STATUS', device: 'x', errno: 'ENXIO' },
};

/** device-mapper's devices, by name. */
class Kernel {
  constructor(
    readonly devices = new Map<string, DmListEntry>(
      NAMES.map((name, at) => [name, { name, uuid: uuidOf(name), devt: `253:${at}`, eventNr: 0 }]),
    ),
  ) {}

  copy(): Kernel {
    return new Kernel(new Map(Array.from(this.devices, ([name, entry]) => [name, { ...entry }])));
  }

  list(): DmListEntry[] {
    return [...this.devices.values()].map((entry) => ({ ...entry }));
  }

  read(uuid: string): Reading<MapFacts> {
    const entry = this.list().find((one) => one.uuid === uuid);
    if (entry === undefined) return absent;
    return { ok: true, value: mapFacts({ ...entry, openCount: 1 }) };
  }

  snapshot(): KernelSnapshot {
    const maps = this.list()
      .filter(({ uuid }) => uuid.startsWith('mpath-'))
      .map(({ uuid }) => ({ uuid, reading: this.read(uuid) }));
    return { dm: { ok: true, value: this.list() }, maps, blocks: { ok: true, value: [] } };
  }
}

/** An engine that has adopted the kernel's maps, with its unanswered questions. */
class Asker {
  engine: Engine = createEngine({ periodicResyncMs: 1e9, heartbeatMs: 1e9 });
  out: Effect[] = [];
  now = 1_000;

  constructor(kernel: Kernel) {
    this.step(startInput());
    this.resync(kernel.snapshot());
    this.out = [];
  }

  step(body: InputBody): Effect[] {
    const effects = this.engine.step({ ...body, at: this.now });
    this.out.push(...effects.filter(({ type }) => type !== 'log'));
    return effects;
  }

  take<T extends Effect['type']>(type: T): Extract<Effect, { type: T }> | undefined {
    const at = this.out.findIndex((effect) => effect.type === type);
    return at < 0 ? undefined : (this.out.splice(at, 1)[0] as Extract<Effect, { type: T }>);
  }

  resync(snapshot: KernelSnapshot): void {
    this.drained();
    this.step({ type: 'fence-written', uuid: this.take('fence')?.uuid ?? '', reading: timedOut });
    this.step({ type: 'snapshot', asked: this.take('snapshot')?.asked ?? 0, purpose: 'resync', snapshot });
    this.drained();
  }

  drained(): void {
    const token = this.take('drain')?.token ?? 0;
    this.step({
      type: 'uevents',
      source: 'kernel',
      batch: { events: [], losses: [], refused: 0, drained: [{ token, drops: 0 }] },
    });
  }

  /** Feeds a dm event, and answers the question that follows. */
  listed(answer: (since: number | null) => DmListing): Effect[] {
    this.step({ type: 'dm-event' });
    const asked = this.take('list-maps');
    if (asked === undefined) throw new Error('no list is asked for');
    return this.step({ type: 'dm-list', asked: asked.asked, reading: { ok: true, value: answer(asked.since) } });
  }
}

function changeEvent(devt: string): InputBody {
  const event = {
    source: 'kernel',
    action: 'change',
    devpath: '/x/dm-0',
    subsystem: 'block',
    devtype: 'disk',
    name: 'dm-0',
    devt,
    diskseq: 9,
    seqnum: 1,
    synthUuid: null,
    env: {},
  } as const;
  return { type: 'uevents', source: 'kernel', batch: { events: [event], losses: [], refused: 0, drained: [] } };
}

const asked = (effects: readonly Effect[]): Effect[] =>
  effects.filter(({ type }) => type === 'read-map' || type === 'list-maps');

test('only the maps in a list of changes are read again, and all others count as seen', () => {
  const kernel = new Kernel();
  const one = new Asker(kernel);
  const listings = createListings();
  const answer = (since: number | null) => listings.next(kernel.list(), since);
  expect(asked(one.listed(answer))).toEqual([]);
  // The question is older than the list that shows the map, and its answer comes after the list.
  one.step(changeEvent('253:0'));
  const early = one.take('read-map');
  kernel.devices.set('b', { name: 'b', uuid: 'mpath-b', devt: '253:1', eventNr: 1 });
  expect(asked(one.listed(answer))).toMatchObject([{ type: 'read-map', by: { uuid: 'mpath-b' } }]);
  one.step({ type: 'map-read', asked: early?.asked ?? 0, by: { uuid: 'mpath-a' }, reading: absent });
  expect(one.engine.tables.maps.get('mpath-a')?.missing).toEqual({ listedAt: null, lookedUpAt: null });
});

test('a map that has left the list is removed only after a look-up that denies it', () => {
  const kernel = new Kernel();
  const one = new Asker(kernel);
  const listings = createListings();
  one.listed((since) => listings.next(kernel.list(), since));
  kernel.devices.delete('a');
  expect(asked(one.listed((since) => listings.next(kernel.list(), since)))).toMatchObject([
    { type: 'read-map', by: { uuid: 'mpath-a' } },
  ]);
  expect(one.engine.tables.maps.has('mpath-a')).toBe(true);
  one.step({ type: 'map-read', asked: one.take('read-map')?.asked ?? 0, by: { uuid: 'mpath-a' }, reading: absent });
  expect(one.engine.tables.maps.has('mpath-a')).toBe(false);
});

test('a map that an answer shows differently from the list is read again with the next list, even if that one names nothing', () => {
  const kernel = new Kernel();
  const old = kernel.copy();
  const one = new Asker(kernel);
  const listings = createListings();
  const list = () => one.listed((since) => listings.next(kernel.list(), since));
  const read = (of: Kernel) =>
    one.step({
      type: 'map-read',
      asked: one.take('read-map')?.asked ?? 0,
      by: { uuid: 'mpath-a' },
      reading: of.read('mpath-a'),
    });
  kernel.devices.set('a', { name: 'a', uuid: 'mpath-a', devt: '253:0', eventNr: 1 });
  expect(asked(list())).toHaveLength(1);
  read(kernel);
  expect(asked(list())).toEqual([]);
  one.step(changeEvent('253:0'));
  read(old);
  expect(asked(list())).toMatchObject([{ type: 'read-map', by: { uuid: 'mpath-a' } }]);
  read(kernel);
  expect(asked(list())).toEqual([]);
});

test('changes that do not build on the last list say nothing: a whole list is asked for', () => {
  const kernel = new Kernel();
  const one = new Asker(kernel);
  const before = JSON.stringify([...one.engine.tables.maps]);
  const effects = one.listed(() => ({ number: 8, since: 7, devices: [], gone: ['253:0', '253:1'] }));
  expect(asked(effects)).toMatchObject([{ type: 'list-maps', since: null }]);
  expect(JSON.stringify([...one.engine.tables.maps])).toBe(before);
});

test('a resync has a list without a number, so the next list is whole', () => {
  const kernel = new Kernel();
  const one = new Asker(kernel);
  const listings = createListings();
  one.listed((since) => listings.next(kernel.list(), since));
  one.step({ type: 'dm-event' });
  expect(one.take('list-maps')?.since).toBe(1);
  one.step({
    type: 'uevents',
    source: 'kernel',
    batch: { events: [], losses: [{ cause: 'overrun', count: 1 }], refused: 0, drained: [] },
  });
  one.resync(kernel.snapshot());
  one.step({ type: 'dm-list', asked: 0, reading: { ok: true, value: listings.next(kernel.list(), 1) } });
  expect(one.take('list-maps')?.since).toBeNull();
});

type Happening = {
  what:
    | 'uevent'
    | 'event'
    | 'rename'
    | 'remove'
    | 'add'
    | 'renumber'
    | 'list'
    | 'lost'
    | 'read'
    | 'readBefore'
    | 'unread'
    | 'later'
    | 'saved';
  name: string;
};

function happen(kernel: Kernel, { what, name }: Happening): void {
  const { devices } = kernel;
  const entry = devices.get(name);
  if (what === 'add')
    devices.set(name, entry ?? { name, uuid: uuidOf(name), devt: `253:${NAMES.indexOf(name)}`, eventNr: 0 });
  if (entry === undefined) return;
  if (what === 'event') entry.eventNr += 1;
  if (what === 'rename') entry.name = `${entry.name}x`;
  if (what === 'remove') devices.delete(name);
  if (what === 'renumber') entry.devt = `253:${20 + entry.eventNr}${NAMES.indexOf(name)}`;
}

/** Answers the engine's next question, perhaps late: `before` is the kernel at an earlier time. */
function answer(
  one: Asker,
  kernel: Kernel,
  before: Kernel,
  { what, name }: Happening,
  listing: (since: number | null) => DmListing,
): void {
  if (what === 'uevent') one.step(changeEvent(kernel.devices.get(name)?.devt ?? '253:0'));
  if (what === 'list' || what === 'lost') {
    one.step({ type: 'dm-event' });
    const question = one.take('list-maps');
    if (question === undefined) return;
    const value = listing(question.since);
    one.step({ type: 'dm-list', asked: question.asked, reading: what === 'lost' ? timedOut : { ok: true, value } });
  } else if (what === 'read' || what === 'readBefore' || what === 'unread') {
    const question = one.take('read-map');
    if (question === undefined) return;
    const uuid = 'uuid' in question.by ? question.by.uuid : '';
    one.step({
      type: 'map-read',
      asked: question.asked,
      by: question.by,
      reading: what === 'unread' ? timedOut : (what === 'read' ? kernel : before).read(uuid),
    });
  } else if (what === 'later') {
    one.now += 1_100;
    one.step({ type: 'wake' });
  } else if (what === 'saved') {
    one.engine = resumeEngine(one.engine.checkpoint());
  }
}

test('lists of changes lead to the same tables as whole lists, whatever is lost and wherever a journal begins', () => {
  const what = fc.constantFrom<Happening['what']>(
    'uevent',
    'uevent',
    'event',
    'rename',
    'remove',
    'add',
    'renumber',
    'list',
    'list',
    'list',
    'lost',
    'read',
    'read',
    'readBefore',
    'unread',
    'readBefore',
    'readBefore',
    'remove',
    'add',
    'later',
    'saved',
  );
  const happening = fc.record({ what, name: fc.constantFrom('a', 'a', 'a', ...NAMES) });
  const shown = ({ engine, out }: Asker): unknown => [
    [...engine.tables.maps.values()].map((map) => ({ ...map, seenAt: 0 })).sort((a, b) => (a.uuid < b.uuid ? -1 : 1)),
    { ...engine.tables.truth },
    out.map((effect) => JSON.stringify({ ...effect, since: null })).sort(),
  ];
  fc.assert(
    fc.property(fc.array(happening, { minLength: 1, maxLength: 80, size: 'max' }), (history) => {
      const kernel = new Kernel();
      const listings = createListings();
      const [changes, whole] = [new Asker(kernel), new Asker(kernel)];
      const past = [kernel.copy()];
      for (const one of history) {
        const before = past[Math.max(0, past.length - 8)] ?? kernel;
        happen(kernel, one);
        past.push(kernel.copy());
        // The two engines may ask in different orders, so both sets of questions are sorted before the next answer.
        for (const asker of [changes, whole])
          asker.out.sort((a, b) =>
            JSON.stringify({ ...a, since: null }) < JSON.stringify({ ...b, since: null }) ? -1 : 1,
          );
        answer(changes, kernel, before, one, (since) => listings.next(kernel.list(), since));
        answer(whole, kernel, before, one, () => wholeListing(kernel.list()));
        expect(shown(changes)).toEqual(shown(whole));
      }
    }),
    { numRuns: 150 },
  );
});
