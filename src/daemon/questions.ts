/** Sends each question of the engine to its port, and makes the answer an input. */
import type { EffectiveConfiguration } from '../config/effective';
import type { Effect, InputBody } from '../engine/protocol';
import type { KernelPorts } from '../kernel/ports';
import type { CheckOutcome, DiskEntry, DmListEntry, KernelSnapshot } from '../model/facts';
import type { Failure, Reading } from '../model/failure';
import { wwidOfUuid } from '../model/identity';
import { askDisk } from '../policy/diskQuestions';
import { parseTable } from '../policy/table';
import type { Deadlines } from './deadlines';
import { readFiles, tellOfBindings, type FileSources } from './readFiles';
import type { CreationNotice } from './udevNotices';

/** How long the daemon waits for an answer, ms. For the answer to a write it waits without limit. */
const READ_MS = 10_000;
const SNAPSHOT_MS = 60_000;
const RESCAN_MS = 60_000;
/** Added to a check's own timeout, which the kernel applies to the command. */
const CHECK_GRACE_MS = 5_000;

/** Effects that have an answer. */
export type Question = Exclude<
  Effect,
  { type: 'log' | 'ready' | 'configured' | 'stopped' | 'reply' | 'invariant-broken' | 'drain' }
>;

/** The parts of the daemon that answer questions. */
export interface World {
  kernel: KernelPorts;
  files: FileSources;
  deadlines: Deadlines;
  /** Called after each attempt to make a map; for udev's rules. */
  onCreation: CreationNotice | null;
  /** The configuration in force. */
  configuration(): EffectiveConfiguration;
}

/** Makes the value an input when the reading has it. */
export type Answer = <T>(reading: Promise<T>, toInput: (value: T) => InputBody) => void;

/** Sends the question. A reading has a deadline and fails after it. `answer` is called at once, with a promise. */
export function ask(world: World, effect: Question, answer: Answer): void {
  const { kernel, files, deadlines } = world;
  const dm = kernel.deviceMapper;
  switch (effect.type) {
    case 'fence':
      return answer(
        deadlines.within(`fence ${effect.uuid}`, 'fence', 'uevent', READ_MS, () => kernel.fence(effect.uuid)),
        (reading) => ({ type: 'fence-written', uuid: effect.uuid, reading }),
      );
    case 'snapshot':
      return answer(snapshot(world, effect.purpose), (value) => ({ ...effect, snapshot: value }));
    case 'list-maps':
      return answer(
        deadlines.within('list', 'DM_LIST_DEVICES', 'device-mapper', READ_MS, () => dm.list(effect.since)),
        (reading) => ({ type: 'dm-list', asked: effect.asked, reading }),
      );
    case 'list-devices':
      return answer(listDevices(world), (lists) => ({ type: 'device-list', asked: effect.asked, ...lists }));
    case 'read-map': {
      const { by, asked } = effect;
      const device = 'uuid' in by ? by.uuid : by.devt;
      const call = () => ('uuid' in by ? dm.read(by.uuid) : dm.readByDevt(by.devt));
      return answer(deadlines.within(`map ${device}`, 'DM_TABLE_STATUS', device, READ_MS, call), (reading) => ({
        type: 'map-read',
        asked,
        by,
        reading,
      }));
    }
    case 'read-block': {
      const { name, asked } = effect;
      return answer(
        deadlines.within(`block ${name}`, 'sysfs', name, READ_MS, () => kernel.blocks.read(name)),
        (reading) => ({ type: 'block-read', asked, name, reading }),
      );
    }
    case 'check':
      return answer(check(world, effect), (outcome) => ({ type: 'check-done', path: effect.path, outcome }));
    case 'ask-disk': {
      const { question, path, asked, name, timeoutMs } = effect;
      return answer(
        deadlines.within(`${question} ${path}`, 'SG_IO', name, timeoutMs + CHECK_GRACE_MS, () =>
          askDisk(effect, kernel.blocks.scsi),
        ),
        (reading) => ({ type: 'disk-answered', question, asked, path, reading }),
      );
    }
    case 'rescan': {
      const { path, name } = effect;
      return answer(
        deadlines.within(`rescan ${path}`, 'rescan', name, RESCAN_MS, () => kernel.blocks.rescan(effect)),
        (reading) => ({ type: 'rescan-done', path, reading }),
      );
    }
    case 'create-map': {
      const { id, uuid, params } = effect;
      return answer(dm.create(effect), (reading) => {
        void tellOfCreation(world, uuid, params, reading);
        return { type: 'operation-done', id, uuid, reading };
      });
    }
    case 'reload-map': {
      const { id, uuid } = effect;
      return answer(dm.reload(effect), (reading) => ({ type: 'operation-done', id, uuid, reading }));
    }
    case 'rename-map': {
      const { id, uuid } = effect;
      return answer(dm.rename(uuid, effect.to, effect.skipKpartx), (reading) => ({
        type: 'operation-done',
        id,
        uuid,
        reading,
      }));
    }
    case 'remove-map': {
      const { id, uuid } = effect;
      return answer(dm.remove(uuid), (reading) => ({ type: 'operation-done', id, uuid, reading }));
    }
    case 'message-map': {
      const { id, uuid } = effect;
      return answer(dm.message(uuid, effect.message), (reading) => ({ type: 'operation-done', id, uuid, reading }));
    }
    case 'read-configuration':
      return answer(readFiles(files, kernel, world.configuration()), (files) => ({
        type: 'configuration-read',
        request: effect.request,
        all: effect.all,
        ...files,
      }));
    case 'record-wwid': {
      const { wwid } = effect;
      return answer(files.wwids.add(wwid), (reading) => ({ type: 'wwid-recorded', wwid, reading }));
    }
    case 'bind-alias': {
      const { id, wwid } = effect;
      return answer(files.bindings.bind(effect), (reading) => {
        if (reading.ok) tellOfBindings(files, reading.value.notes);
        return { type: 'alias-bound', id, wwid, reading };
      });
    }
  }
}

async function tellOfCreation(
  { files, onCreation }: World,
  uuid: string,
  params: string,
  outcome: Reading<unknown>,
): Promise<void> {
  const wwid = wwidOfUuid(uuid);
  if (wwid === null || onCreation === null) return;
  const groups = parseTable(params)?.groups ?? [];
  const paths = groups.flatMap((group) => group.paths.map(({ devt }) => devt));
  for (const note of await onCreation({ wwid, paths, outcome })) files.log('warning', note, null);
}

/** A snapshot. Each part that could not be read is a failure in it. */
export async function snapshot({ kernel, deadlines }: World, purpose: string): Promise<KernelSnapshot> {
  const call = async (): Promise<Reading<KernelSnapshot>> => ({ ok: true, value: await kernel.snapshot() });
  const reading = await deadlines.within(
    `snapshot ${purpose}`,
    'snapshot',
    'device-mapper and sysfs',
    SNAPSHOT_MS,
    call,
  );
  return reading.ok ? reading.value : nothingLearnt(reading.failure);
}

/** Lists first the maps and then the disks, as a snapshot does: a disk in a table is older than the table. */
async function listDevices({ kernel, deadlines }: World): Promise<DeviceLists> {
  const call = async (): Promise<Reading<DeviceLists>> => {
    const maps = await kernel.deviceMapper.list(null);
    const disks = await kernel.blocks.list();
    return { ok: true, value: { maps: maps.ok ? { ok: true, value: maps.value.devices } : maps, disks } };
  };
  const reading = await deadlines.within('look', 'look', 'device-mapper and sysfs', SNAPSHOT_MS, call);
  return reading.ok ? reading.value : { maps: reading, disks: reading };
}

async function check({ kernel, deadlines }: World, effect: Extract<Effect, { type: 'check' }>): Promise<CheckOutcome> {
  const call = async (): Promise<Reading<CheckOutcome>> => ({ ok: true, value: await kernel.blocks.check(effect) });
  const ms = effect.timeoutMs + CHECK_GRACE_MS;
  const reading = await deadlines.within(`check ${effect.path}`, 'check', effect.name, ms, call);
  return reading.ok ? reading.value : unanswered(reading.failure);
}

interface DeviceLists {
  maps: Reading<DmListEntry[]>;
  disks: Reading<DiskEntry[]>;
}

function nothingLearnt(failure: Failure): KernelSnapshot {
  return { dm: { ok: false, failure }, maps: [], blocks: { ok: false, failure } };
}

function unanswered(failure: Failure): CheckOutcome {
  const message = failure.detail ?? failure.code;
  return {
    state: 'timeout',
    message,
    sysfsState: null,
    accessState: null,
    preferredPath: false,
    sizeSectors: null,
    identity: null,
  };
}
