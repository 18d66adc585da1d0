/** The device-mapper port. It combines the simulated ioctls as the addon does. */
import type { DeviceMapperPort, ReloadRequest } from '../kernel/ports';
import type { DmListEntry, MapFacts, TargetFacts } from '../model/facts';
import { perform, performCalls, type Asked, type Calls, type Latency } from './answer';
import {
  clearTable,
  createDevice,
  KernelRefusal,
  loadTable,
  messageDevice,
  removeDevice,
  renameDevice,
  resumeDevice,
  type TableRequest,
} from './dmIoctl';
import type { Operation } from './faults';
import type { Kernel } from './kernel';
import { createListings } from './listings';
import { statusLine, tableLine } from './multipathTarget';
import type { SimDm, SimTable, World } from './world';

function targetFacts(table: SimTable | null): TargetFacts[] {
  if (table === null) return [];
  const size = { startSector: 0, lengthSectors: table.target.sizeSectors, type: table.target.type };
  return table.kind === 'multipath'
    ? [{ ...size, table: tableLine(table.target), status: statusLine(table.target) }]
    : [{ ...size, table: table.target.params, status: '' }];
}

/** One device in the form that DM_DEV_STATUS and DM_TABLE_STATUS show. */
export function mapFacts(dm: SimDm): MapFacts {
  return {
    uuid: dm.uuid,
    name: dm.name,
    devt: dm.devt,
    diskseq: dm.diskseq,
    eventNr: dm.eventNr,
    openCount: dm.openCount,
    suspended: dm.suspended,
    readOnly: dm.live?.readOnly ?? false,
    hasLiveTable: dm.live !== null,
    hasInactiveTable: dm.inactive !== null,
    targets: targetFacts(dm.live),
  };
}

/** DM_LIST_DEVICES. The order is by name, as in the kernel (a tree ordered by name since 5.11). */
export function listDevices(world: World): DmListEntry[] {
  const devices = Array.from(world.dmByName.values(), (dm) => ({
    name: dm.name,
    uuid: dm.uuid,
    devt: dm.devt,
    eventNr: dm.eventNr,
  }));
  return devices.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function byUuid(world: World, uuid: string, call: string): SimDm {
  const dm = uuid === '' ? undefined : world.dmByUuid.get(uuid);
  if (dm === undefined) throw new KernelRefusal(call, uuid, 'ENXIO');
  return dm;
}

/** Create, load, resume, as `dmsetup create` does it in one go. A half-made device is removed again. */
export function createMap(kernel: Kernel, name: string, uuid: string, table: TableRequest): SimDm {
  const calls = createCalls(kernel, { name, uuid }, table);
  for (let call = calls.next(); ; call = calls.next()) if (call.done === true) return call.value;
}

/**
 * The system calls of CreateMap (native/dm_write.cc). After a failure the device is removed only if this caller made it
 * and nobody has completed it.
 */
function* createCalls(
  kernel: Kernel,
  { name, uuid }: { name: string; uuid: string },
  table: TableRequest,
): Calls<SimDm> {
  const made = createDevice(kernel, name, uuid);
  const there = (): SimDm => (uuid === '' ? made : byUuid(kernel.world, uuid, 'DM_TABLE_LOAD'));
  yield;
  try {
    loadTable(kernel, there(), table);
    yield;
    resumeDevice(kernel, there());
  } catch (error) {
    yield;
    const left = uuid === '' ? made : kernel.world.dmByUuid.get(uuid);
    if (left === made && made.live === null) removeDevice(kernel, made);
    throw error;
  }
  yield;
  return there();
}

/**
 * The system calls of ReloadMap (native/dm_write.cc). If the kernel refuses the table at the swap, the device is
 * suspended; two more calls clear the inactive table and resume the device with its old table.
 */
function* reloadCalls(kernel: Kernel, { uuid, resume = false, ...order }: ReloadRequest): Calls<MapFacts> {
  const table: TableRequest = { ...order, type: 'multipath' };
  const there = (call: string): SimDm => byUuid(kernel.world, uuid, call);
  const wasSuspended = there('DM_TABLE_LOAD').suspended;
  loadTable(kernel, there('DM_TABLE_LOAD'), table);
  yield;
  try {
    resumeDevice(kernel, there('DM_DEV_SUSPEND'));
  } catch (error) {
    yield;
    clearTable(kernel, there('DM_TABLE_CLEAR'));
    yield;
    if (!wasSuspended || resume) resumeDevice(kernel, there('DM_DEV_SUSPEND'));
    throw error;
  }
  yield;
  return mapFacts(there('DM_TABLE_STATUS'));
}

/**
 * The system calls of RenameMap (native/dm_write.cc). The kernel renames by name alone: if another device has taken
 * over the name since the first call, that device is renamed, and gets its name back.
 */
function* renameCalls(kernel: Kernel, uuid: string, newName: string): Calls<null> {
  const device = byUuid(kernel.world, uuid, 'DM_DEV_STATUS');
  const old = device.name;
  if (old === newName) return null;
  yield;
  const named = kernel.world.dmByName.get(old);
  if (named === undefined) throw new KernelRefusal('identity', uuid, 'ESTALE');
  renameDevice(kernel, old, newName);
  if (named === device) return null;
  yield;
  renameDevice(kernel, newName, old);
  throw new KernelRefusal('identity', uuid, 'ESTALE');
}

function watchEvents(kernel: Kernel): Pick<DeviceMapperPort, 'startEvents' | 'stop'> {
  let listener: (() => void) | null = null;
  let seen = 0;
  return {
    startEvents: (onEvent) => {
      if (listener !== null) return;
      let scheduled = false;
      seen = kernel.world.dmEvents;
      const mine = (): void => {
        if (scheduled) return;
        scheduled = true;
        kernel.scheduler.after(0, () => {
          scheduled = false;
          if (listener !== mine || seen === kernel.world.dmEvents) return;
          seen = kernel.world.dmEvents;
          onEvent();
        });
      };
      listener = mine;
      kernel.dmEventListeners.add(mine);
    },
    stop: () => {
      if (listener !== null) kernel.dmEventListeners.delete(listener);
      listener = null;
    },
  };
}

/** The port over the simulated kernel. */
export function createDeviceMapper(kernel: Kernel, latency: Latency): DeviceMapperPort {
  const { world } = kernel;
  const listings = createListings();
  const askedOf = (operation: Operation, call: string, device: string): Asked => {
    const name = world.dmByUuid.get(device)?.name;
    return { operation, call, device, ...(name === undefined ? {} : { aliases: [name] }) };
  };
  const ask = <T>(operation: Operation, call: string, device: string, action: () => T) =>
    perform(kernel, latency, askedOf(operation, call, device), action);
  const write = <T>(operation: Operation, call: string, device: string, calls: () => Calls<T>) =>
    performCalls(kernel, latency, askedOf(operation, call, device), calls);
  return {
    ...watchEvents(kernel),
    list: (since) => ask('list', 'DM_LIST_DEVICES', 'all', () => listings.next(listDevices(world), since)),
    read: (uuid) => ask('read', 'DM_TABLE_STATUS', uuid, () => mapFacts(byUuid(world, uuid, 'DM_TABLE_STATUS'))),
    readByDevt: (devt) =>
      ask('read', 'DM_TABLE_STATUS', world.dmByDevt.get(devt)?.uuid || devt, () => {
        const dm = world.dmByDevt.get(devt);
        if (dm === undefined) throw new KernelRefusal('DM_TABLE_STATUS', devt, 'ENXIO');
        return mapFacts(dm);
      }),
    create: (r) =>
      write('create', 'DM_DEV_CREATE', r.uuid, function* () {
        return mapFacts(yield* createCalls(kernel, r, { ...r, type: 'multipath' }));
      }),
    reload: (r) => write('reload', 'DM_TABLE_LOAD', r.uuid, () => reloadCalls(kernel, r)),
    rename: (uuid, newName) => write('rename', 'DM_DEV_RENAME', uuid, () => renameCalls(kernel, uuid, newName)),
    remove: (uuid) =>
      ask('remove', 'DM_DEV_REMOVE', uuid, () => {
        removeDevice(kernel, byUuid(world, uuid, 'DM_DEV_REMOVE'));
        return null;
      }),
    message: (uuid, message) =>
      ask('message', 'DM_TARGET_MSG', uuid, () => {
        messageDevice(kernel, byUuid(world, uuid, 'DM_TARGET_MSG'), message);
        return null;
      }),
  };
}
