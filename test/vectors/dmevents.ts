/**
 * Polling of device-mapper events. multipathd watches maps by name. The engine follows every multipath map by UUID, so
 * this test shows it only the watched maps. Where mpathd is stricter on purpose, a named rule changes the expectation.
 */
import { wholeListing } from '../../src/engine/inventory/listing';
import { createEngine, type Engine } from '../../src/engine/engine';
import type { Effect, InputBody } from '../../src/engine/protocol';
import type { DmListEntry, MapFacts } from '../../src/model/facts';
import type { Reading } from '../../src/model/failure';
import type { VectorRunner } from './runner';
import { startInput } from '../configuration';
import { mapFacts } from '../fixtures';

interface Device {
  is_multipath: boolean | null;
  event_nr: number;
}

interface Watched {
  map: string;
  event_nr: number;
}

interface Step extends Partial<Device> {
  op: string;
  name?: string;
  ret?: number;
  watched?: Watched[];
  list_ioctl_fails?: boolean;
  failure?: string | null;
  calls?: Array<{ call: string; map: string; fails?: boolean }>;
}

/** Rules by which mpathd differs on purpose from multipathd's recorded behaviour. */
export const STRICTER = {
  'a failed re-read keeps the map':
    'a failed reading is no evidence of absence: the map is kept, marked as stale, and read again',
} as const;

class Fixture {
  readonly devices = new Map<string, Device>();
  readonly shown = new Set<string>();
  readonly failing = new Set<string>();
  readonly kept = new Map<string, number>();
  listFails = false;
  engine: Engine = createEngine();
  now = 0;
  read: string[] = [];

  constructor() {
    this.begin();
  }

  begin(): void {
    this.engine = createEngine();
    this.feed(startInput([], false));
  }

  feed(body: InputBody): void {
    const queue: InputBody[] = [body];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      for (const effect of this.engine.step({ ...next, at: this.now })) queue.push(...this.answer(effect));
    }
  }

  answer(effect: Effect): InputBody[] {
    switch (effect.type) {
      case 'drain':
        return [
          {
            type: 'uevents',
            source: 'kernel',
            batch: { events: [], losses: [], refused: 0, drained: [{ token: effect.token, drops: 0 }] },
          },
        ];
      case 'fence':
        return [{ type: 'fence-written', uuid: effect.uuid, reading: failed('write', 'EROFS') }];
      case 'snapshot': {
        const dm: Reading<DmListEntry[]> = { ok: true, value: this.list() };
        const maps = this.list().map(({ uuid }) => ({ uuid, reading: this.map(uuid) }));
        return [{ ...effect, snapshot: { dm, maps, blocks: { ok: true, value: [] } } }];
      }
      case 'list-maps':
        return [
          {
            type: 'dm-list',
            asked: effect.asked,
            reading: this.listFails ? failed('DM_LIST_DEVICES', 'EIO') : { ok: true, value: wholeListing(this.list()) },
          },
        ];
      case 'read-map': {
        const uuid = 'uuid' in effect.by ? effect.by.uuid : '';
        this.read.push(uuid.replace('mpath-', ''));
        return [{ type: 'map-read', asked: effect.asked, by: effect.by, reading: this.map(uuid) }];
      }
      default:
        return [];
    }
  }

  /** A device that is certainly not multipath has another UUID. */
  list(): DmListEntry[] {
    return [...this.devices]
      .filter(([name]) => this.shown.has(name))
      .map(([name, device]) => ({
        name,
        uuid: device.is_multipath === false ? `LVM-${name}` : `mpath-${name}`,
        devt: devtOf(name),
        eventNr: device.event_nr,
      }));
  }

  map(uuid: string): Reading<MapFacts> {
    const entry = this.list().find((one) => one.uuid === uuid);
    if (entry === undefined) return failed('DM_DEV_STATUS', 'ENXIO');
    const device = this.devices.get(entry.name);
    if (device?.is_multipath === null || this.failing.has(entry.name)) return failed('DM_TABLE_STATUS', 'ENOMEM');
    return { ok: true, value: mapFacts({ ...entry, diskseq: null }) };
  }

  watched(): Watched[] {
    return [...this.engine.tables.maps.values()].map((map) => ({ map: map.facts.name, event_nr: map.facts.eventNr }));
  }
}

const devtOf = (name: string): string =>
  `253:${[...name].reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7) % 1_000_000}`;

function failed<T>(operation: string, errno: string): Reading<T> {
  return { ok: false, failure: { code: 'KERNEL_ERROR', operation, device: 'x', errno } };
}

/** One poll: the event, the listing, the readings. */
function poll(fixture: Fixture, step: Step): void {
  for (const { map, fails } of step.calls ?? []) if (fails === true) fixture.failing.add(map);
  const before = new Set(fixture.engine.tables.maps.keys());
  fixture.read = [];
  fixture.listFails = step.failure === 'list';
  // After a failed poll or a failed arming the daemon gets no event.
  if (step.failure !== 'poll' && step.failure !== 'arm_poll' && step.failure !== 'arm')
    fixture.feed({ type: 'dm-event' });
  fixture.listFails = false;
  const removed = [...before].filter((uuid) => !fixture.engine.tables.maps.has(uuid)).map((uuid) => uuid.slice(6));
  const expected = step.calls ?? [];
  expect(removed.sort()).toEqual(
    expected
      .filter((c) => c.call === 'remove_map')
      .map((c) => c.map)
      .sort(),
  );
  const updated = [...new Set(fixture.read)].filter((name) => !removed.includes(name) && name !== '');
  for (const { call, map } of expected) if (call === 'update_map') expect(updated).toContain(map);
  fixture.failing.clear();
}

function expectWatched(fixture: Fixture, step: Step): void {
  for (const { map, fails } of step.calls ?? []) {
    // STRICTER: 'a failed re-read keeps the map'. multipathd forgets the map here.
    if (fails === true && !(step.watched ?? []).some((w) => w.map === map)) fixture.kept.set(map, 1);
  }
  const have = fixture.watched();
  const wanted = step.watched ?? [];
  for (const name of fixture.kept.keys()) expect(have.map((w) => w.map)).toContain(name);
  const rest = have.filter((w) => !fixture.kept.has(w.map) || wanted.some((x) => x.map === w.map));
  expect(rest.map((w) => w.map).sort()).toEqual(wanted.map((w) => w.map).sort());
  for (const { map, event_nr } of wanted) {
    const unreadable = fixture.engine.tables.maps.get(`mpath-${map}`)?.stale !== null;
    if (!unreadable) expect(have.find((w) => w.map === map)?.event_nr).toBe(event_nr);
  }
}

function watch(fixture: Fixture, step: Step): void {
  const name = step.name ?? '';
  fixture.shown.add(name);
  fixture.feed({ type: 'dm-event' });
  const followed = fixture.engine.tables.maps.has(`mpath-${name}`);
  expect(followed ? 0 : -1).toBe(step.ret);
}

function runStep(fixture: Fixture, step: Step): void {
  const name = step.name ?? '';
  switch (step.op) {
    case 'dm_device':
      fixture.devices.set(name, { is_multipath: step.is_multipath ?? null, event_nr: step.event_nr ?? 0 });
      return;
    case 'dm_device_gone':
      fixture.devices.delete(name);
      return;
    case 'watch':
      watch(fixture, step);
      return expectWatched(fixture, step);
    case 'unwatch':
    case 'unwatch_all':
      if (step.op === 'unwatch_all') fixture.shown.clear();
      else fixture.shown.delete(name);
      fixture.begin();
      return expectWatched(fixture, step);
    case 'list_events':
      poll(fixture, { ...step, failure: step.list_ioctl_fails === true ? 'list' : null });
      return expectWatched(fixture, step);
    case 'event_loop_once':
      poll(fixture, step);
      return expectWatched(fixture, step);
    default:
      throw new Error(`unknown op ${step.op}`);
  }
}

const runner: VectorRunner = {
  file: 'dmevents',
  run: (vector) => {
    const fixture = new Fixture();
    const { steps } = vector as unknown as { steps: Step[] };
    for (const step of steps) runStep(fixture, step);
    return 'passed';
  },
};

export default runner;
