/**
 * A kernel in memory that answers the engine with what the tables know, and does what it is told to
 * nobody but itself. What cannot be known without asking the real one (a check) has no answer.
 */
import type { BlockFacts, DmListEntry, KernelSnapshot, MapFacts } from '../../model/facts';
import type { Failure, Reading } from '../../model/failure';
import { wwidOfUuid, type DevT } from '../../model/identity';
import type { Uevent, UeventBatch } from '../../model/uevent';
import type { Context } from '../context';
import { wholeListing } from '../listing';
import type { Effect, InputBody } from '../protocol';
import { devtsIn, withMessage, withTable } from './dryMaps';

/** A write to device-mapper that the engine asked for. */
export type DryWrite = Extract<Effect, { type: 'create-map' | 'reload-map' | 'rename-map' | 'remove-map' | 'message-map' }>;

export interface DryKernel {
  /** The maps as they are by now, by UUID. */
  readonly maps: ReadonlyMap<string, MapFacts>;
  /** The inputs with which the effect is answered, in order. */
  answer(effect: Effect): InputBody[];
}

/** Maps that are only planned get numbers that no device has: minor numbers have 20 bits. */
const NO_MINOR = 1 << 20;

const diskOf = ({ devt }: MapFacts): string => `dm-${devt.slice(devt.indexOf(':') + 1)}`;

const failed = (failure: Failure): { ok: false; failure: Failure } => ({ ok: false, failure });

const noSuchDisk = (device: string) => failed({ code: 'KERNEL_ERROR', operation: 'sysfs', device, errno: 'ENOENT' });
const noSuchMap = (device: string) => failed({ code: 'KERNEL_ERROR', operation: 'DM_TABLE_STATUS', device, errno: 'ENXIO' });

/** `ctx` is only read: what it knows is what this kernel has. */
export function createDryKernel(ctx: Context): DryKernel {
  const maps = createMaps(ctx);
  const others = [...ctx.listing.devices.values()].filter(({ uuid }) => wwidOfUuid(uuid) === null);

  const readBlock = (name: string): Reading<BlockFacts> => {
    const path = ctx.store.pathByName(name) ?? ctx.store.pathByDevt(name);
    if (path === undefined) return noSuchDisk(name);
    if (path.stale !== null) return failed(path.stale.failure);
    return path.facts === null ? failed(notRead(name)) : { ok: true, value: { ...path.facts, holders: maps.holdersOf(path.facts) } };
  };

  const readMap = (by: { uuid: string } | { devt: DevT }): Reading<MapFacts> => {
    const map = 'uuid' in by ? maps.byUuid.get(by.uuid) : maps.byDevt(by.devt);
    if (map === undefined) return noSuchMap('uuid' in by ? by.uuid : by.devt);
    const failure = ctx.store.maps.get(map.uuid)?.stale?.failure;
    return failure === undefined ? { ok: true, value: map } : failed(failure);
  };

  const list = (): DmListEntry[] => {
    const entries = Array.from(maps.byUuid.values(), ({ name, uuid, devt, eventNr }) => ({ name, uuid, devt, eventNr }));
    return [...others, ...entries];
  };

  const snapshot = (): KernelSnapshot => ({
    dm: { ok: true, value: list() },
    maps: Array.from(maps.byUuid.keys(), (uuid) => ({ uuid, reading: readMap({ uuid }) })),
    blocks: { ok: true, value: Array.from(ctx.store.paths.values(), ({ name }) => ({ name, reading: readBlock(name) })) },
  });

  const answer = (effect: Effect): InputBody[] => {
    switch (effect.type) {
      case 'create-map':
      case 'reload-map':
      case 'rename-map':
      case 'remove-map':
      case 'message-map':
        return [{ type: 'operation-done', id: effect.id, uuid: effect.uuid, reading: maps.write(effect) }];
      case 'read-block':
        return [{ type: 'block-read', asked: effect.asked, name: effect.name, reading: readBlock(effect.name) }];
      case 'read-map':
        return [{ type: 'map-read', asked: effect.asked, by: effect.by, reading: readMap(effect.by) }];
      case 'list-maps':
        return [{ type: 'dm-list', asked: effect.asked, reading: { ok: true, value: wholeListing(list()) } }];
      case 'read-identity':
        return [{ type: 'identity-read', asked: effect.asked, path: effect.path, reading: identityOf(ctx, effect.path) }];
      case 'drain':
        return [batch({ drained: [{ token: effect.token, drops: 0 }] })];
      case 'fence':
        return [{ type: 'fence-written', uuid: effect.uuid, reading: { ok: true, value: null } }, batch({ events: [fenceSeen(effect.uuid)] })];
      case 'snapshot':
        return [{ type: 'snapshot', asked: effect.asked, purpose: effect.purpose, snapshot: snapshot() }];
      default:
        return [];
    }
  };
  return { maps: maps.byUuid, answer };
}

interface DryMaps {
  readonly byUuid: ReadonlyMap<string, MapFacts>;
  byDevt(devt: DevT): MapFacts | undefined;
  /** The dm devices on top of a disk, by kernel name: those that are not ours, and the maps as they are by now. */
  holdersOf(disk: BlockFacts): string[];
  write(effect: DryWrite): Reading<MapFacts | null>;
}

function createMaps(ctx: Context): DryMaps {
  const byUuid = new Map<string, MapFacts>();
  const byDevt = new Map<DevT, MapFacts>();
  const holders = new Map<DevT, Set<string>>();
  const ours = new Set<string>();
  let made = 0;

  const put = (uuid: string, after: MapFacts | null): void => {
    const before = byUuid.get(uuid);
    if (before !== undefined) {
      byDevt.delete(before.devt);
      for (const devt of devtsIn(before)) holders.get(devt)?.delete(diskOf(before));
    }
    byUuid.delete(uuid);
    if (after === null) return;
    byUuid.set(uuid, after);
    byDevt.set(after.devt, after);
    ours.add(diskOf(after));
    for (const devt of devtsIn(after)) holders.set(devt, (holders.get(devt) ?? new Set()).add(diskOf(after)));
  };
  for (const map of ctx.store.maps.values()) put(map.uuid, map.facts);

  const write = (effect: DryWrite): Reading<MapFacts | null> => {
    const map = effect.type === 'create-map' ? plannedMap(effect, ++made) : byUuid.get(effect.uuid);
    if (map === undefined) return noSuchMap(effect.uuid);
    const after = afterWrite(map, effect);
    put(effect.uuid, after);
    return { ok: true, value: after };
  };

  return {
    byUuid,
    byDevt: (devt) => byDevt.get(devt),
    holdersOf: ({ devt, holders: seen }) => [...seen.filter((holder) => !ours.has(holder)), ...(holders.get(devt) ?? [])],
    write,
  };
}

function afterWrite(map: MapFacts, effect: DryWrite): MapFacts | null {
  switch (effect.type) {
    case 'create-map':
    case 'reload-map':
      return withTable(map, effect);
    case 'rename-map':
      return { ...map, name: effect.to };
    case 'message-map':
      return withMessage(map, effect.message);
    case 'remove-map':
      return null;
  }
}

function plannedMap({ name, uuid }: { name: string; uuid: string }, number: number): MapFacts {
  return {
    name,
    uuid,
    devt: `0:${NO_MINOR + number}`,
    diskseq: null,
    eventNr: 0,
    openCount: 0,
    suspended: false,
    readOnly: false,
    hasLiveTable: false,
    hasInactiveTable: false,
    targets: [],
  };
}

function notRead(device: string): Failure {
  return { code: 'REFUSED', operation: 'plan', device, errno: null, detail: 'it has not been read yet' };
}

/** The disk is taken at the word that sysfs has of it. */
function identityOf(ctx: Context, key: string): Reading<string> {
  const path = ctx.store.paths.get(key);
  const page = path?.facts?.vpd83 ?? null;
  return page === null ? failed(notRead(path?.name ?? key)) : { ok: true, value: page };
}

function batch(part: Partial<UeventBatch>): InputBody {
  return { type: 'uevents', source: 'kernel', batch: { events: [], losses: [], refused: 0, drained: [], ...part } };
}

/** The kernel's synthetic event of a fence (lib/kobject_uevent.c, kobject_synth_uevent). */
function fenceSeen(synthUuid: string): Uevent {
  return {
    source: 'kernel',
    action: 'change',
    devpath: '/module/dm_mod',
    subsystem: 'module',
    devtype: null,
    name: 'dm_mod',
    devt: null,
    diskseq: null,
    seqnum: 0,
    synthUuid,
    env: {},
  };
}
