/** Holds every step and every order of the daemon against the promises. */
import type { DeviceMapperPort } from '../../../src/kernel/ports';
import type { Tables } from '../../../src/model/tables';
import type { Simulator } from '../../../src/simulator';
import type { SimDisk, SimDm } from '../../../src/simulator/world';
import { ORDER_PROMISES, STEP_PROMISES, type Order, type Scene } from './promises';

export interface Watch {
  /** After each step of the engine. */
  afterStep(): void;
  /** After whatever happened on the machine: notes when it did. */
  look(): void;
  /** The daemon was started anew: what the last one knew is not held against this one. */
  forget(): void;
  /** Before each write that the daemon asks for. */
  order(order: Order): void;
  breach(detail: string): void;
  readonly breaches: readonly string[];
}

export interface WatchOptions {
  dismissed: Scene['dismissed'];
  /** How long the daemon may not have heard of something, ms. */
  slackMs(): number;
}

/** With more devices than this, only every so many steps are looked at: looking costs a pass over all. */
const FEW = 64;
const STRIDE = 97;

/** Age of a reading on which a path may join, ms (src/engine/freshness.ts). */
const FRESH_MS = 1_000;

export function createWatch(simulator: Simulator, tables: () => Tables, options: WatchOptions): Watch {
  const breaches: string[] = [];
  const seen: Scene['seen'] = { paths: new Set(), maps: new Map() };
  const since = { disks: new Map<SimDisk, { was: string; at: number }>(), maps: new Map<SimDm, { was: unknown; at: number }>() };
  let steps = 0;

  const scene = (): Scene => ({
    tables: tables(),
    world: simulator.world,
    dismissed: options.dismissed,
    seen,
    isSettled: (thing) => {
      const [at, allowed] = 'wwid' in thing ? [since.disks.get(thing)?.at, FRESH_MS] : [since.maps.get(thing)?.at, 0];
      return at !== undefined && simulator.scheduler.now() - at > allowed + options.slackMs();
    },
  });
  const breach = (detail: string): void => void breaches.push(`${Math.round(simulator.scheduler.now())} ms: ${detail}`);
  const look = (): void => {
    const now = simulator.scheduler.now();
    for (const disk of simulator.world.disksByDevt.values()) note(since.disks, disk, stateOf(disk), now);
    for (const dm of simulator.world.dmByName.values()) note(since.maps, dm, stateOfMap(dm), now);
  };
  const order = (what: Order): void => {
    if (isLarge()) return;
    look();
    for (const [name, check] of Object.entries(ORDER_PROMISES)) {
      const detail = check(scene(), what);
      if (detail !== null) breach(`${name}: ${detail}`);
    }
  };
  const isLarge = (): boolean => simulator.world.disks.size > FEW;

  return {
    breaches,
    breach,
    look,
    afterStep: () => {
      steps += 1;
      if (isLarge() && steps % STRIDE !== 0) return;
      for (const [name, check] of Object.entries(STEP_PROMISES)) {
        const detail = check(scene());
        if (detail !== null) breach(`${name}: ${detail}`);
      }
      for (const key of tables().paths.keys()) seen.paths.add(key);
      for (const map of tables().maps.values()) seen.maps.set(map.uuid, map.facts.diskseq);
    },
    forget: () => {
      seen.paths.clear();
      seen.maps.clear();
    },
    order,
  };
}

/** The port, with a word to the watch before each write. */
export function watched(port: DeviceMapperPort, watch: () => Watch): DeviceMapperPort {
  return {
    ...port,
    create: (request) => {
      watch().order({ kind: 'create', ...request });
      return port.create(request);
    },
    reload: (request) => {
      watch().order({ kind: 'reload', ...request });
      return port.reload(request);
    },
    remove: (uuid) => {
      watch().order({ kind: 'remove', uuid });
      return port.remove(uuid);
    },
  };
}

/** What a decision about a disk rests on. */
const stateOf = (disk: SimDisk): string => `${disk.present} ${disk.wwid} ${disk.sizeSectors} ${disk.state} ${disk.answer} ${disk.claimed}`;

/** A table that was loaded is another one, even if it says the same; queueing is turned on and off within it. */
function stateOfMap({ live }: SimDm): unknown {
  return live?.kind === 'multipath' && live.target.queueIfNoPath ? live.target : live;
}

function note<T extends object, V>(since: Map<T, { was: V; at: number }>, thing: T, is: V, now: number): void {
  const known = since.get(thing);
  if (known === undefined || known.was !== is) since.set(thing, { was: is, at: now });
}
