/** The device-mapper port. It combines the simulated ioctls as the addon does. */
import type { DeviceMapperPort } from '../kernel/ports';
import type { DmListEntry, MapFacts, TargetFacts } from '../model/facts';
import { perform, type Asked, type Half, type Latency } from './answer';
import {
  clearTable,
  createDevice,
  KernelRefusal,
  loadTable,
  messageDevice,
  removeDevice,
  renameDevice,
  resumeDevice,
  suspendDevice,
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

/** Create, load, resume. A half-made device is removed again. */
export function createMap(kernel: Kernel, name: string, uuid: string, table: TableRequest): SimDm {
  const dm = createDevice(kernel, name, uuid);
  completeMap(kernel, dm, table, dm);
  return dm;
}

/**
 * The ioctls after DM_DEV_CREATE. After a failure the device is removed only if this caller `made` it and nobody has
 * completed it.
 */
function completeMap(kernel: Kernel, dm: SimDm, table: TableRequest, made: SimDm): void {
  try {
    loadTable(kernel, dm, table);
    resumeDevice(kernel, dm);
  } catch (error) {
    if (dm === made && dm.live === null) removeDevice(kernel, dm);
    throw error;
  }
}

/**
 * Load, suspend, resume. If the kernel refuses the table at the swap, the device is suspended; it is then resumed with
 * the old table.
 */
function reloadMap(kernel: Kernel, dm: SimDm, table: TableRequest): void {
  loadTable(kernel, dm, table);
  swapTable(kernel, dm);
}

function swapTable(kernel: Kernel, dm: SimDm): void {
  suspendDevice(dm);
  try {
    resumeDevice(kernel, dm);
  } catch (error) {
    clearTable(kernel, dm);
    resumeDevice(kernel, dm);
    throw error;
  }
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
  const ask = <T>(operation: Operation, call: string, device: string, action: () => T, half?: Half<T>) => {
    const name = world.dmByUuid.get(device)?.name;
    const asked: Asked = { operation, call, device, ...(name === undefined ? {} : { aliases: [name] }) };
    return perform(kernel, latency, asked, action, half);
  };
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
      ask(
        'create',
        'DM_DEV_CREATE',
        r.uuid,
        () => mapFacts(createMap(kernel, r.name, r.uuid, { ...r, type: 'multipath' })),
        () => {
          const made = createDevice(kernel, r.name, r.uuid);
          return () => {
            const dm = byUuid(world, r.uuid, 'DM_TABLE_LOAD');
            completeMap(kernel, dm, { ...r, type: 'multipath' }, made);
            return mapFacts(dm);
          };
        },
      ),
    reload: (r) =>
      ask(
        'reload',
        'DM_TABLE_LOAD',
        r.uuid,
        () => {
          const dm = byUuid(world, r.uuid, 'DM_TABLE_LOAD');
          reloadMap(kernel, dm, { ...r, type: 'multipath' });
          return mapFacts(dm);
        },
        () => {
          loadTable(kernel, byUuid(world, r.uuid, 'DM_TABLE_LOAD'), { ...r, type: 'multipath' });
          return () => {
            const dm = byUuid(world, r.uuid, 'DM_DEV_SUSPEND');
            swapTable(kernel, dm);
            return mapFacts(dm);
          };
        },
      ),
    rename: (uuid, newName) =>
      ask('rename', 'DM_DEV_RENAME', uuid, () => {
        renameDevice(kernel, byUuid(world, uuid, 'DM_DEV_RENAME').name, newName);
        return null;
      }),
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
