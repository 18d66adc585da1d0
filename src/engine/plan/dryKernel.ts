/**
 * A kernel in memory. It answers the engine from a snapshot, and carries out writes on its own data only. It does not
 * answer what only the real kernel can know (a check).
 */
import type { BlockFacts, DmListEntry, KernelSnapshot, MapFacts } from '../../model/facts';
import type { Failure, Reading } from '../../model/failure';
import { wwidOfUuid, type DevT } from '../../model/identity';
import type { Uevent, UeventBatch } from '../../model/uevent';
import { identityCopyOf } from '../../policy/compareLuns';
import { wholeListing } from '../inventory/listing';
import type { Effect, InputBody } from '../protocol';
import { devtsIn, withMessage, withTable } from './dryMaps';

/** A write to device-mapper that the engine ordered. */
export type DryWrite = Extract<
  Effect,
  { type: 'create-map' | 'reload-map' | 'rename-map' | 'remove-map' | 'message-map' }
>;

/** A snapshot with both listings. */
export type CompleteSnapshot = KernelSnapshot & { dm: { ok: true }; blocks: { ok: true } };

/** A part of the world around the engine. */
export interface Answering {
  /** The inputs that answer the effect, in order. The list is empty if another part answers the effect. */
  answer(effect: Effect): InputBody[];
}

export interface DryKernel extends Answering {
  /** The present maps, by UUID. */
  readonly maps: ReadonlyMap<string, MapFacts>;
}

/** A planned map gets a number that no device has: minor numbers have 20 bits. */
const NO_MINOR = 1 << 20;

const diskOf = ({ devt }: MapFacts): string => `dm-${devt.slice(devt.indexOf(':') + 1)}`;

const failed = (failure: Failure): { ok: false; failure: Failure } => ({ ok: false, failure });

const noSuchDisk = (device: string) => failed({ code: 'KERNEL_ERROR', operation: 'sysfs', device, errno: 'ENOENT' });
const noSuchMap = (device: string) =>
  failed({ code: 'KERNEL_ERROR', operation: 'DM_TABLE_STATUS', device, errno: 'ENXIO' });

/** The contents of a snapshot. */
interface Known {
  disks: ReadonlyMap<string, Reading<BlockFacts>>;
  /** Names of disks by their numbers. */
  names: ReadonlyMap<DevT, string>;
  /** By UUID. A failed reading stays failed. */
  maps: ReadonlyMap<string, Reading<MapFacts>>;
  dm: readonly DmListEntry[];
}

/** The kernel that a snapshot shows. The snapshot must have both listings. */
export function createDryKernel({ dm, blocks, maps: readings }: CompleteSnapshot): DryKernel {
  const known: Known = {
    disks: new Map(blocks.value.map(({ name, reading }) => [name, reading])),
    names: new Map(
      blocks.value.flatMap(({ name, reading }) => (reading.ok ? [[reading.value.devt, name] as const] : [])),
    ),
    maps: new Map(readings.map(({ uuid, reading }) => [uuid, reading])),
    dm: dm.value,
  };
  const maps = createMaps(known);

  const readBlock = (what: string): Reading<BlockFacts> => {
    const reading = known.disks.get(known.names.get(what) ?? what);
    if (reading === undefined) return noSuchDisk(what);
    return reading.ok ? { ok: true, value: { ...reading.value, holders: maps.holdersOf(reading.value) } } : reading;
  };

  const list = (): DmListEntry[] => {
    const others = known.dm.filter(({ uuid }) => !known.maps.get(uuid)?.ok);
    const entries = Array.from(maps.byUuid.values(), ({ name, uuid, devt, eventNr }) => ({
      name,
      uuid,
      devt,
      eventNr,
    }));
    return [...others, ...entries];
  };

  const readMap = (by: { uuid: string } | { devt: DevT }): Reading<MapFacts> => {
    const map = 'uuid' in by ? maps.byUuid.get(by.uuid) : maps.byDevt(by.devt);
    if (map !== undefined) return { ok: true, value: map };
    const uuid = 'uuid' in by ? by.uuid : known.dm.find(({ devt }) => devt === by.devt)?.uuid;
    const reading = known.maps.get(uuid ?? '');
    return reading?.ok === false ? reading : noSuchMap('uuid' in by ? by.uuid : by.devt);
  };

  const snapshot = (): KernelSnapshot => ({
    dm: { ok: true, value: list() },
    maps: list().flatMap(({ uuid }) => (wwidOfUuid(uuid) === null ? [] : [{ uuid, reading: readMap({ uuid }) }])),
    blocks: { ok: true, value: blocks.value.map(({ name }) => ({ name, reading: readBlock(name) })) },
  });

  const identityOf = (name: string): Reading<string> => {
    const reading = readBlock(name);
    if (!reading.ok) return reading;
    // The disk answers with the identity that sysfs shows.
    const copy = identityCopyOf(reading.value);
    return copy === null ? failed(noPage(name)) : { ok: true, value: copy.hex };
  };

  /** It is not known what a disk would answer to other questions. So its earlier answers stay in force. */
  const askDisk = ({ question, path, asked, name }: Extract<Effect, { type: 'ask-disk' }>): InputBody[] =>
    question === 'identity' || question === 'serial number'
      ? [{ type: 'disk-answered', question, path, asked, reading: identityOf(name) }]
      : [];

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
      case 'ask-disk':
        return askDisk(effect);
      case 'drain':
        return [batch({ drained: [{ token: effect.token, drops: 0 }] })];
      case 'fence':
        return [
          { type: 'fence-written', uuid: effect.uuid, reading: { ok: true, value: null } },
          batch({ events: [fenceSeen(effect.uuid)] }),
        ];
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
  /** The dm devices on top of a disk, by kernel name: devices that are not ours, and the present maps. */
  holdersOf(disk: BlockFacts): string[];
  write(effect: DryWrite): Reading<MapFacts | null>;
}

function createMaps(known: Known): DryMaps {
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
  for (const [uuid, reading] of known.maps) if (reading.ok) put(uuid, reading.value);

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
    holdersOf: ({ devt, holders: seen }) => [
      ...seen.filter((holder) => !ours.has(holder)),
      ...(holders.get(devt) ?? []),
    ],
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

function noPage(device: string): Failure {
  return { code: 'MALFORMED', operation: 'INQUIRY', device, errno: null, detail: 'no page 0x83' };
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
