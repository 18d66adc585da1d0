/** Checks every step and every order of the daemon against the promises. */
import type { KernelPorts } from '../../../src/kernel/ports';
import { pathKey } from '../../../src/model/identity';
import type { LossCause, UeventBatch } from '../../../src/model/uevent';
import type { Tables } from '../../../src/model/tables';
import type { Simulator } from '../../../src/simulator';
import type { SimDisk, SimDm } from '../../../src/simulator/world';
import { liveWwid, ORDER_PROMISES, STEP_PROMISES, type Order, type Scene } from './promises';
import { createSigns } from './signs';
import { BOUND_MS, createStray } from './stray';

export interface Watch {
  /** Called after each step of the engine. */
  afterStep(): void;
  /** Called after anything that happened on the machine. Notes the time of each change. */
  look(): void;
  /** Called when the daemon was started anew. The knowledge of the last daemon does not bind the new one. */
  forget(): void;
  /** Called before each write that the daemon orders. */
  order(order: Order): void;
  /** Called after the answer to a write. */
  done(uuid: string): void;
  /** Called for each request to the uevent socket and to the kernel's lists, in order. */
  asked(what: 'drain' | 'fence' | 'snapshot'): void;
  /** Called with what the listener reports. */
  heard(batch: UeventBatch): void;
  /** The losses that the daemon has not taken in when everything is quiet; null: there are none. */
  missedLoss(): string | null;
  /**
   * When everything is quiet: a disk that leads to another LUN and is used, although the daemon had a sign; null: there
   * is none.
   */
  missedSign(): string | null;
  breach(detail: string): void;
  readonly breaches: readonly string[];
}

export interface WatchOptions {
  dismissed: Scene['dismissed'];
  retry: Scene['retry'];
  /** How long, ms, the daemon may not know of a change. */
  slackMs(): number;
  /** How far the daemon's clock is ahead of the scheduler's, ms. */
  aheadMs(): number;
  /** True if the daemon runs, has its tables and is not about to stop. */
  isFree(): boolean;
  /** True if an audit was asked for, so that snapshots may be for it. */
  audited(): boolean;
}

/**
 * A check looks at all devices. So with more disks than FEW only every STRIDE-th step is checked, and with more than
 * 32 × STRIDE of them so few that the time per step no longer grows.
 */
const FEW = 64;
const STRIDE = 97;
const DISKS_PER_STEP = 32;

/** If the same write comes more often than this in this time, ms, it is a loop, whatever happens on the machine. */
const MOST_REPEATS = 8;
const REPEATS_MS = 1_000;

/** If there are more snapshots than this in this time, ms, somebody can make the daemon read the kernel without end. */
const MOST_SNAPSHOTS = 16;
const SNAPSHOTS_MS = 1_000;

/** Greatest age of a reading, ms, on which a path may join (src/engine/reconcile/freshness.ts). */
const FRESH_MS = 1_000;

const STEP_CHECKS = Object.entries(STEP_PROMISES);
const ORDER_CHECKS = Object.entries(ORDER_PROMISES);

export function createWatch(simulator: Simulator, tables: () => Tables, options: WatchOptions): Watch {
  const breaches: string[] = [];
  const seen: Scene['seen'] = { paths: new Map(), maps: new Map() };
  const since = {
    disks: new Map<SimDisk, { was: string; at: number }>(),
    maps: new Map<SimDm, { was: unknown; at: number }>(),
    open: new Map<SimDm, { was: boolean; at: number }>(),
    luns: new Map<SimDisk, { was: string; at: number }>(),
  };
  /** The disks that got another LUN after they had appeared. */
  const remapped = new Set<SimDisk>();
  const writing = new Set<string>();
  /** The times at which each write was ordered, the newest time last. */
  const repeats = new Map<string, number[]>();
  const resync = { drained: false, fenced: false };
  const told = new Map<LossCause, number>();
  /** The order in which losses were reported and snapshots asked for. */
  const latest = { order: 0, loss: 0, snapshot: 0 };
  const stray = createStray(simulator.world, tables, options.aheadMs);
  const signs = createSigns(simulator.world, tables, (disk) => stray.signed(disk, simulator.scheduler.now()));
  let steps = 0;
  /** The times of the latest snapshots, the newest last. */
  const snapshots: number[] = [];

  const scene = (): Scene => ({
    tables: tables(),
    world: simulator.world,
    dismissed: options.dismissed,
    retry: options.retry,
    seen,
    isSettled: (thing) => {
      const [at, allowed] = 'wwid' in thing ? [since.disks.get(thing)?.at, FRESH_MS] : [since.maps.get(thing)?.at, 0];
      return at !== undefined && simulator.scheduler.now() - at > allowed + options.slackMs();
    },
    mayLeadElsewhere: (disk) => {
      if (!tables().paths.has(pathKey(disk.devt, disk.diskseq))) return true;
      const at = since.luns.get(disk)?.at ?? 0;
      return remapped.has(disk) && simulator.scheduler.now() - at <= BOUND_MS + options.slackMs();
    },
    isInUse: (dm) => {
      const open = since.open.get(dm);
      return open?.was === true && simulator.scheduler.now() - open.at > options.slackMs();
    },
  });
  const breach = (detail: string): void => void breaches.push(`${Math.round(simulator.scheduler.now())} ms: ${detail}`);
  const look = (): void => {
    const now = simulator.scheduler.now();
    for (const disk of simulator.world.disksByDevt.values()) {
      note(since.disks, disk, stateOf(disk), now);
      if (since.luns.has(disk) && since.luns.get(disk)?.was !== disk.wwid) remapped.add(disk);
      note(since.luns, disk, disk.wwid, now);
    }
    signs.look();
    for (const dm of simulator.world.dmByName.values()) {
      note(since.maps, dm, stateOfMap(dm), now);
      note(since.open, dm, dm.openCount > 0, now);
    }
  };
  const order = (what: Order): void => {
    if (isLarge()) return;
    look();
    const now = scene();
    for (const [name, check] of ORDER_CHECKS) {
      const detail = check(now, what);
      if (detail !== null) breach(`${name}: ${detail}`);
    }
  };
  const notePace = (): void => {
    snapshots.push(simulator.scheduler.now());
    const first = snapshots.length > MOST_SNAPSHOTS ? snapshots.shift() : undefined;
    if (first !== undefined && simulator.scheduler.now() - first < SNAPSHOTS_MS)
      breach(`snapshotsHaveTheirPace: more than ${MOST_SNAPSHOTS} in a second`);
  };
  const isLarge = (): boolean => simulator.world.disks.size > FEW;
  const stride = (): number => Math.max(STRIDE, Math.ceil(simulator.world.disks.size / DISKS_PER_STEP));

  return {
    breaches,
    breach,
    look,
    afterStep: () => {
      steps += 1;
      if (isLarge() && steps % stride() !== 0) return;
      const now = scene();
      for (const [name, check] of STEP_CHECKS) {
        const detail = check(now);
        if (detail !== null) breach(`${name}: ${detail}`);
      }
      signs.afterStep(now.isSettled);
      const free = options.isFree() && simulator.faults.isWhole();
      const astray = stray.afterStep(free, simulator.scheduler.now(), options.slackMs());
      if (astray !== null) breach(`noIoGoesAstray: ${astray}`);
      for (const { key, known } of now.tables.paths.values()) seen.paths.set(key, known);
      for (const { uuid, known, facts } of now.tables.maps.values())
        seen.maps.set(uuid, { diskseq: facts.diskseq, known });
    },
    forget: () => {
      seen.paths.clear();
      seen.maps.clear();
      writing.clear();
      told.clear();
      snapshots.length = 0;
      Object.assign(latest, { loss: 0, snapshot: 0 });
      signs.forget();
      stray.forget();
    },
    order: (what) => {
      if (writing.has(what.uuid))
        breach(`oneWriteAtATime: ${what.kind} of ${what.uuid} while another write is under way`);
      writing.add(what.uuid);
      const times = repeats.get(JSON.stringify(what)) ?? [];
      repeats.set(JSON.stringify(what), times);
      times.push(simulator.scheduler.now());
      const first = times.length > MOST_REPEATS ? times.shift() : undefined;
      if (first !== undefined && simulator.scheduler.now() - first < REPEATS_MS)
        breach(`writesHaveTheirPace: ${what.kind} of ${what.uuid} more than ${MOST_REPEATS} times in a second`);
      order(what);
    },
    done: (uuid) => void writing.delete(uuid),
    asked: (what) => {
      if (what === 'drain') resync.drained = true;
      else if (what === 'fence') resync.fenced ||= resync.drained;
      // An audit needs no fence. Only a resync rests on its snapshot.
      else if (!options.audited() && !(resync.drained && resync.fenced))
        breach('snapshotsAreFenced: one was asked for without a drain and a fence');
      if (what === 'snapshot') Object.assign(resync, { drained: false, fenced: false });
      latest.order += 1;
      if (what === 'snapshot') latest.snapshot = latest.order;
      if (what === 'snapshot') notePace();
    },
    missedSign: () => signs.missed(),
    heard: (batch) => {
      signs.heard(batch);
      for (const { cause, count } of batch.losses) told.set(cause, (told.get(cause) ?? 0) + count);
      latest.order += 1;
      if (batch.losses.length > 0) latest.loss = latest.order;
    },
    missedLoss: () => {
      for (const [cause, count] of told) {
        const known = tables().truth.losses[cause];
        if (known !== count) return `lossIsNoticed: ${count} times ${cause} were told, ${known} are known`;
      }
      if (latest.loss > latest.snapshot) return 'lossIsNoticed: no snapshot was taken since the last loss';
      // The drop counter rises with the first lost message, and ENOBUFS reports the same loss.
      const [overruns, drops] = [told.get('overrun') ?? 0, told.get('drops') ?? 0];
      if (overruns > 0 !== drops > 0 && !told.has('listener-restarted'))
        return `lossIsNoticed: ${overruns} overruns and ${drops} drops were told`;
      return null;
    },
  };
}

/** The ports, with a call to the watch at each request. */
export function watched(ports: KernelPorts, watch: () => Watch): Partial<KernelPorts> {
  const dm = ports.deviceMapper;
  const write = <T>(order: Order, call: () => Promise<T>): Promise<T> => {
    watch().order(order);
    return call().finally(() => watch().done(order.uuid));
  };
  return {
    kernelUevents: {
      ...ports.kernelUevents,
      start: (onBatch) =>
        ports.kernelUevents.start((batch) => {
          watch().heard(batch);
          onBatch(batch);
        }),
      drain: (token) => {
        watch().asked('drain');
        ports.kernelUevents.drain(token);
      },
    },
    fence: (uuid) => {
      watch().asked('fence');
      return ports.fence(uuid);
    },
    snapshot: () => {
      watch().asked('snapshot');
      return ports.snapshot();
    },
    deviceMapper: {
      ...dm,
      create: (request) => write({ kind: 'create', ...request }, () => dm.create(request)),
      reload: (request) => write({ kind: 'reload', ...request }, () => dm.reload(request)),
      remove: (uuid) => write({ kind: 'remove', uuid }, () => dm.remove(uuid)),
      rename: (uuid, to, skipKpartx) => write({ kind: 'rename', uuid, to }, () => dm.rename(uuid, to, skipKpartx)),
      message: (uuid, message) => write({ kind: 'message', uuid, message }, () => dm.message(uuid, message)),
    },
  };
}

/** The properties of a disk on which the daemon decides. */
const stateOf = (disk: SimDisk): string =>
  `${disk.present} ${disk.wwid} ${liveWwid(disk)} ${disk.sizeSectors} ${disk.state} ${disk.answer} ${disk.claimed}`;

/** A newly loaded table counts as another one, even if its text is the same. Queueing is switched within a table. */
function stateOfMap({ live }: SimDm): unknown {
  return live?.kind === 'multipath' && live.target.queueIfNoPath ? live.target : live;
}

function note<T extends object, V>(since: Map<T, { was: V; at: number }>, thing: T, is: V, now: number): void {
  const known = since.get(thing);
  if (known === undefined || known.was !== is) since.set(thing, { was: is, at: now });
}
