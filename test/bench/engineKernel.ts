/**
 * A kernel for benchmarks of the engine. It answers all questions about a SAN of any size, at once and with new
 * objects, like a real kernel. Only the engine's steps are timed.
 */
import { createJournal, type Journal } from '../../src/daemon/journal/journal';
import { createEngine, type Engine } from '../../src/engine/engine';
import type { Effect, InputBody } from '../../src/engine/protocol';
import type { BlockFacts, CheckOutcome, DmListEntry, DmListing, KernelSnapshot, MapFacts } from '../../src/model/facts';
import type { Reading } from '../../src/model/failure';
import { pathKey } from '../../src/model/identity';
import type { Uevent } from '../../src/model/uevent';
import { createSharedTexts, withSharedTexts } from '../../src/kernel/sharedTexts';
import { parseTable } from '../../src/policy/table';
import { batch, fenceEvent, mapFacts, pathFacts, UP, wwidOf } from './largeSan';
import { blockOf, configurationOf, startInput } from '../configuration';

export const PATHS_PER_LUN = 4;
/** The size of the daemon's journal by default. */
const JOURNAL_BYTES = 16 << 20;
const ALL = Array.from({ length: PATHS_PER_LUN }, (_, path) => path);

/** The time spent on an event and on everything that followed from it. */
export interface Spent {
  ms: number;
  steps: number;
  /** The number of checks that began. */
  checks: number;
}

interface Lun {
  /** The paths in the live table. */
  members: number[];
  failed: number[];
  eventNr: number;
}

interface Disk {
  lun: number;
  path: number;
  present: boolean;
  /** True if udevd has written its record. */
  recorded: boolean;
  diskseq: number;
}

export interface BenchKernel {
  engine: Engine;
  luns: Lun[];
  disks: Disk[];
  /** Feeds an input, and then all answers and events that follow from it. */
  feed(body: InputBody): Spent;
  /** Moves the clock to the engine's next deadline; null: there is none. */
  wake(): Spent | null;
  diskEvent(disk: Disk, source: Uevent['source'], action: string): InputBody;
  mapEvent(lun: number, source: Uevent['source']): InputBody;
  /** Raises the map's event number. */
  raiseEvent(lun: number): void;
  snapshot(): KernelSnapshot;
}

/** Strings and objects that nobody else has, like those from the addon. */
const fresh = <T extends object>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** `withJournal`: the time of a step includes its recording, as in the daemon. */
export function createBenchKernel(count: number, withJournal = false): BenchKernel {
  const engine = createEngine({ periodicResyncMs: 1e12 });
  const luns: Lun[] = Array.from({ length: count }, () => ({ members: [...ALL], failed: [], eventNr: 1 }));
  const disks: Disk[] = ALL.flatMap((path) =>
    luns.map((_, lun) => ({ lun, path, present: true, recorded: true, diskseq: path * count + lun + 1 })),
  );
  let sequence = count * (PATHS_PER_LUN + 1);
  let now = 0;
  /** At first the clock moves, so that checks come due one by one. Later it stands still except in {@link wake}. */
  let spreadMs = 4_000 / disks.length;
  let seqnum = 1;
  const diskNamed = new Map<string, Disk>();
  const diskAt = new Map<string, Disk>();
  for (const disk of disks) {
    const facts = pathFacts(disk.lun, disk.path, count);
    diskNamed.set(facts.name, disk);
    diskAt.set(facts.devt, disk);
  }
  /** As in the real port. */
  const sharedTexts = createSharedTexts();
  const lunOf = new Map<string, number>(luns.map((_, lun) => [wwidOf(lun), lun]));

  const blockFacts = (disk: Disk): BlockFacts => {
    const facts = pathFacts(disk.lun, disk.path, count);
    return withSharedTexts(
      sharedTexts,
      fresh({ ...facts, diskseq: disk.diskseq, ...(disk.recorded ? {} : { udev: null, udevNames: '' }) }),
    );
  };
  const diskReading = (disk: Disk): { name: string; reading: Reading<BlockFacts> } => {
    const value = blockFacts(disk);
    return { name: value.name, reading: { ok: true, value } };
  };
  const factsOfMap = (lun: number): MapFacts => {
    const { members, failed, eventNr } = luns[lun] as Lun;
    return fresh(mapFacts(lun, members, count, eventNr, failed));
  };
  const entryOf = (lun: number): DmListEntry => {
    const { name, uuid, devt, eventNr } = mapFacts(lun, [], count, luns[lun]?.eventNr);
    return { name, uuid, devt, eventNr };
  };
  const listing = (): DmListEntry[] => luns.map((_, lun) => entryOf(lun));
  let listings = 0;
  /**
   * LUNs whose event number has moved since the last listing. A comparison of all numbers is not the engine's work, and
   * would empty the processor's caches.
   */
  const moved = new Set<number>();
  const raiseEvent = (lun: number): void => {
    (luns[lun] as Lun).eventNr += 1;
    moved.add(lun);
  };
  const nextListing = (asked: number | null): DmListing => {
    const since = asked === listings ? asked : null;
    const devices = since === null ? listing() : [...moved].map(entryOf);
    moved.clear();
    return { number: ++listings, since, devices, gone: [] };
  };
  /** readdir of /sys/block gives no order. */
  const shuffled = [...disks].sort((a, b) => ((a.diskseq * 7_919) % 104_729) - ((b.diskseq * 7_919) % 104_729));
  const snapshot = (): KernelSnapshot => ({
    dm: { ok: true, value: fresh(listing()) },
    maps: luns.map((_, lun) => ({ uuid: `mpath-${wwidOf(lun)}`, reading: { ok: true, value: factsOfMap(lun) } })),
    blocks: { ok: true, value: shuffled.filter(({ present }) => present).map(diskReading) },
  });

  const event = (more: Pick<Uevent, 'source' | 'action' | 'devpath' | 'name' | 'devt' | 'diskseq'>): InputBody => {
    const env = {
      ACTION: more.action,
      DEVPATH: more.devpath,
      DEVTYPE: 'disk',
      SUBSYSTEM: 'block',
      SEQNUM: `${++seqnum}`,
      DISKSEQ: `${more.diskseq}`,
    };
    return fresh(batch({ events: [{ subsystem: 'block', devtype: 'disk', seqnum, synthUuid: null, env, ...more }] }));
  };
  const diskEvent: BenchKernel['diskEvent'] = (disk, source, action) => {
    if (action === 'add' && source === 'kernel')
      Object.assign(disk, { present: true, recorded: false, diskseq: ++sequence });
    if (source === 'udev') disk.recorded = disk.present;
    if (action === 'remove' && source === 'kernel') disk.present = false;
    const { name, devt, devpath } = pathFacts(disk.lun, disk.path, count);
    return event({ source, action, devpath, name, devt, diskseq: disk.diskseq });
  };
  const mapEvent: BenchKernel['mapEvent'] = (lun, source) => {
    const { devt, diskseq } = mapFacts(lun, [], count);
    const name = `dm-${lun}`;
    return event({ source, action: 'change', devpath: `/devices/virtual/block/${name}`, name, devt, diskseq });
  };

  const outcome = (disk: Disk): CheckOutcome => ({
    ...UP,
    accessState: pathFacts(disk.lun, disk.path, count).accessState,
  });
  const gone = (
    device: string,
  ): { ok: false; failure: { code: 'KERNEL_ERROR'; operation: string; device: string; errno: string } } => ({
    ok: false,
    failure: { code: 'KERNEL_ERROR', operation: 'openat', device, errno: 'ENOENT' },
  });
  const numberOf = (uuid: string): number => {
    const lun = lunOf.get(uuid.slice(6));
    if (lun === undefined) throw new Error(`no map ${uuid}`);
    return lun;
  };
  /** After a resume `change` comes twice: from the kernel, and through udevd. */
  const written = (id: number, uuid: string, lun: number): InputBody[] => [
    { type: 'operation-done', id, uuid, reading: { ok: true, value: factsOfMap(lun) } },
    mapEvent(lun, 'kernel'),
    mapEvent(lun, 'udev'),
  ];

  const answers = (effect: Effect): InputBody[] => {
    switch (effect.type) {
      case 'drain':
        return [batch({ drained: [{ token: effect.token, drops: 0 }] })];
      case 'fence':
        return [
          { type: 'fence-written', uuid: effect.uuid, reading: { ok: true, value: null } },
          fenceEvent(effect.uuid),
        ];
      case 'snapshot':
        return [{ ...effect, snapshot: snapshot() }];
      case 'list-maps':
        return [
          { type: 'dm-list', asked: effect.asked, reading: { ok: true, value: fresh(nextListing(effect.since)) } },
        ];
      case 'read-map': {
        const lun = numberOf('uuid' in effect.by ? effect.by.uuid : `mpath-${wwidOf(Number(effect.by.devt.slice(4)))}`);
        return [
          { type: 'map-read', asked: effect.asked, by: effect.by, reading: { ok: true, value: factsOfMap(lun) } },
        ];
      }
      case 'read-block': {
        const disk = diskNamed.get(effect.name) ?? diskAt.get(effect.name);
        const reading = disk?.present === true ? ({ ok: true, value: blockFacts(disk) } as const) : gone(effect.name);
        return [{ type: 'block-read', asked: effect.asked, name: effect.name, reading }];
      }
      case 'check': {
        const disk = diskNamed.get(effect.name);
        if (disk === undefined) throw new Error(`no disk ${effect.name}`);
        return [{ type: 'check-done', path: pathKey(effect.devt, effect.diskseq), outcome: fresh(outcome(disk)) }];
      }
      case 'ask-disk': {
        if (effect.question !== 'identity') throw new Error(`no configuration asks for ${effect.question}`);
        const disk = diskNamed.get(effect.name);
        const page = disk === undefined ? null : blockFacts(disk).vpd83;
        if (page === null) throw new Error(`no page of ${effect.name}`);
        const { question, asked, path } = effect;
        return [{ type: 'disk-answered', question, asked, path, reading: { ok: true, value: page } }];
      }
      case 'rescan':
        return [{ type: 'rescan-done', path: effect.path, reading: { ok: true, value: null } }];
      case 'read-configuration':
        return [
          {
            type: 'configuration-read',
            request: effect.request,
            all: effect.all,
            configuration: { ok: true, value: configurationOf() },
            bindings: { ok: true, value: [] },
            wwids: { ok: true, value: [] },
          },
        ];
      case 'record-wwid':
        return [{ type: 'wwid-recorded', wwid: effect.wwid, reading: { ok: true, value: true } }];
      case 'reload-map': {
        const lun = numberOf(effect.uuid);
        const devts = parseTable(effect.params)?.groups.flatMap((group) => group.paths.map(({ devt }) => devt)) ?? [];
        Object.assign(luns[lun] as Lun, { members: devts.map((devt) => diskAt.get(devt)?.path ?? 0), failed: [] });
        return written(effect.id, effect.uuid, lun);
      }
      case 'message-map': {
        const lun = numberOf(effect.uuid);
        const state = luns[lun] as Lun;
        const [order, devt = ''] = effect.message.split(' ');
        const others = state.failed.filter((path) => path !== diskAt.get(devt)?.path);
        state.failed = order === 'fail_path' ? [...others, diskAt.get(devt)?.path ?? 0] : others;
        raiseEvent(lun);
        return written(effect.id, effect.uuid, lun);
      }
      case 'log':
        if (effect.level === 'error') throw new Error(effect.message);
        return [];
      case 'ready':
      case 'configured':
      case 'stopped':
      case 'reply':
        return [];
      case 'create-map':
      case 'rename-map':
      case 'remove-map':
      case 'bind-alias':
      case 'list-devices':
      case 'invariant-broken':
        throw new Error(`nothing here asks for ${JSON.stringify(effect)}`);
    }
  };

  let journal: Journal | null = null;

  const feed = (body: InputBody): Spent => {
    const spent: Spent = { ms: 0, steps: 0, checks: 0 };
    const queue = [body];
    // A loop and not shift(): a start has thousands of answers.
    for (const next of queue) {
      if (next.type === 'check-done') now += spreadMs;
      // The real clock gives whole milliseconds.
      const input = { ...next, at: Math.floor(now) };
      const begin = performance.now();
      journal?.record(input);
      const effects = engine.step(input);
      journal?.stepped();
      spent.ms += performance.now() - begin;
      spent.steps += 1;
      spent.checks += effects.filter(({ type }) => type === 'check').length;
      for (const effect of effects) queue.push(...answers(effect));
    }
    return spent;
  };

  const bindings = luns.map((_, lun) => ({ alias: mapFacts(lun, [], count).name, wwid: wwidOf(lun) }));
  // For this vendor the hardware table has settings that the tables here do not have.
  feed(
    startInput(
      bindings,
      true,
      configurationOf({}, { overrides: blockOf({ user_friendly_names: true, no_path_retry: 'fail', features: '0' }) }),
    ),
  );
  spreadMs = 0;
  if (withJournal) journal = createJournal(engine, JOURNAL_BYTES);

  return {
    engine,
    luns,
    disks,
    feed,
    wake: () => {
      const next = engine.nextWake();
      if (next === null) return null;
      now = Math.max(now, next);
      return feed({ type: 'wake' });
    },
    diskEvent,
    mapEvent,
    raiseEvent,
    snapshot,
  };
}
