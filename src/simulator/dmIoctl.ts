/** The ioctls of drivers/md/dm-ioctl.c on the simulated world. Failures are errnos in {@link KernelRefusal}. */
import { emit, issueDmEvent, type Kernel } from './kernel';
import { dmEvent } from './eventText';
import { DM_MAJOR } from './names';
import { chooseGroup, groupMessage, raiseEvent, setPathByDevt } from './multipathPaths';
import { readTarget, TableRefused } from './multipathTarget';
import { pathsOf, releaseIfUnused, type SimDisk, type SimDm, type SimTable } from './world';

/** An ioctl that the kernel refused. */
export class KernelRefusal extends Error {
  constructor(
    readonly operation: string,
    readonly device: string,
    readonly errno: string,
  ) {
    super(`${operation} ${device}: ${errno}`);
  }
}

/** A table to load: one target over the whole device. */
export interface TableRequest {
  type: string;
  params: string;
  sizeSectors: number;
  readOnly: boolean;
}

/** What libdm puts into the cookie's flags with `--noudevsync`, as seen in a real event. */
const COOKIE = { DM_COOKIE: '6291456' };

const label = (dm: SimDm): string => (dm.uuid === '' ? dm.name : dm.uuid);

/** DM_NAME_LEN and DM_UUID_LEN count the NUL; check_name refuses a slash. */
function checkNames(name: string, uuid: string): void {
  const bad = name === '' || name.length > 127 || name.includes('/') || uuid.length > 128;
  if (bad) throw new KernelRefusal('DM_DEV_CREATE', name, 'EINVAL');
}

/** DM_DEV_CREATE: no table yet, and therefore nothing in /sys/block and no uevent. */
export function createDevice(kernel: Kernel, name: string, uuid: string): SimDm {
  const { world } = kernel;
  checkNames(name, uuid);
  if (world.dmByName.has(name) || (uuid !== '' && world.dmByUuid.has(uuid))) {
    throw new KernelRefusal('DM_DEV_CREATE', name, 'EBUSY');
  }
  const minor = world.dmMinors.take();
  const dm: SimDm = {
    minor,
    devt: `${DM_MAJOR}:${minor}`,
    diskseq: ++world.diskseq,
    devpath: `/devices/virtual/block/dm-${minor}`,
    uuid,
    name,
    eventNr: 0,
    pathEvents: 0,
    openCount: 0,
    suspended: false,
    registered: false,
    live: null,
    inactive: null,
  };
  world.dmByDevt.set(dm.devt, dm);
  world.dmByName.set(name, dm);
  if (uuid !== '') world.dmByUuid.set(uuid, dm);
  issueDmEvent(kernel);
  return dm;
}

/**
 * dm_get_device: a disk that this map's tables hold already is taken without being opened, even
 * if it was deleted since (dm.c, dm_get_table_device); any other must exist and be free. Two dm
 * devices may hold one disk: they claim it under the same name.
 */
function findDisk(kernel: Kernel, dm: SimDm, devt: string): SimDisk {
  const disk = kernel.world.disksByDevt.get(devt);
  if (devt === dm.devt) throw new TableRefused('EINVAL', 'a map cannot hold itself');
  if (disk === undefined || (!disk.present && !disk.holders.includes(dm))) {
    throw new TableRefused('ENXIO', 'error getting device');
  }
  if (disk.claimed && !disk.holders.includes(dm)) throw new TableRefused('EBUSY', 'error getting device');
  return disk;
}

function readTable(kernel: Kernel, dm: SimDm, request: TableRequest): SimTable {
  const { type, params, sizeSectors, readOnly } = request;
  if (type !== 'multipath') return { kind: 'other', target: { type, sizeSectors, params }, readOnly };
  try {
    const target = readTarget(params, sizeSectors, (devt) => findDisk(kernel, dm, devt));
    return { kind: 'multipath', target, readOnly };
  } catch (error) {
    if (error instanceof TableRefused) throw new KernelRefusal('DM_TABLE_LOAD', label(dm), error.errno);
    throw error;
  }
}

function dropTable(kernel: Kernel, dm: SimDm, table: SimTable | null): void {
  for (const path of pathsOf(table)) {
    const at = path.disk.holders.indexOf(dm);
    if (at >= 0) path.disk.holders.splice(at, 1);
    releaseIfUnused(kernel.world, path.disk);
  }
}

/** DM_TABLE_LOAD into the inactive slot. The first one brings the disk into sysfs, with its `add`. */
export function loadTable(kernel: Kernel, dm: SimDm, request: TableRequest): void {
  if (request.sizeSectors <= 0) throw new KernelRefusal('DM_TABLE_LOAD', label(dm), 'EINVAL');
  const table = readTable(kernel, dm, request);
  for (const path of pathsOf(table)) path.disk.holders.push(dm);
  if (!dm.registered) {
    dm.registered = true;
    emit(kernel, dmEvent('add', dm));
  }
  const old = dm.inactive;
  dm.inactive = table;
  dropTable(kernel, dm, old);
}

/** DM_TABLE_CLEAR. */
export function clearTable(kernel: Kernel, dm: SimDm): void {
  const old = dm.inactive;
  dm.inactive = null;
  dropTable(kernel, dm, old);
}

/** DM_DEV_SUSPEND with DM_SUSPEND_FLAG: silent. */
export function suspendDevice(dm: SimDm): void {
  dm.suspended = true;
}

/** device_area_is_invalid, asked only when the table is swapped in; a deleted disk has size 0 and passes. */
function tooLarge(table: SimTable): boolean {
  for (const { disk } of pathsOf(table)) if (disk.present && disk.sizeSectors < table.target.sizeSectors) return true;
  return false;
}

/**
 * DM_DEV_SUSPEND without the flag: swaps the inactive table in. It raises no event number (seen on
 * Linux 6.1): only the `change` uevent tells. A refused table leaves the device suspended with the old one.
 */
export function resumeDevice(kernel: Kernel, dm: SimDm): void {
  const resized = dm.inactive !== null && dm.live !== null && dm.inactive.target.sizeSectors !== dm.live.target.sizeSectors;
  const swapped = dm.inactive !== null;
  if (dm.inactive !== null) {
    dm.suspended = true;
    if (tooLarge(dm.inactive)) {
      clearTable(kernel, dm);
      throw new KernelRefusal('DM_DEV_SUSPEND', label(dm), 'EINVAL');
    }
    const old = dm.live;
    dm.live = dm.inactive;
    dm.inactive = null;
    dropTable(kernel, dm, old);
  }
  if (!dm.suspended) return;
  dm.suspended = false;
  // Somebody always reads a new map (udev's blkid, a file system): the first I/O chooses a group.
  if (swapped && dm.live?.kind === 'multipath') chooseGroup(dm.live.target);
  if (dm.live !== null) emit(kernel, dmEvent('change', dm, resized ? { ...COOKIE, RESIZE: '1' } : COOKIE));
}

/** DM_DEV_RENAME: raises the map's event number and sends a `change`. */
export function renameDevice(kernel: Kernel, dm: SimDm, newName: string): void {
  const { world } = kernel;
  if (newName === '' || newName.length > 127 || newName.includes('/')) {
    throw new KernelRefusal('DM_DEV_RENAME', label(dm), 'EINVAL');
  }
  if (world.dmByName.has(newName)) throw new KernelRefusal('DM_DEV_RENAME', label(dm), 'EBUSY');
  world.dmByName.delete(dm.name);
  dm.name = newName;
  world.dmByName.set(newName, dm);
  if (dm.live !== null) raiseEvent(kernel, dm);
  if (dm.registered) emit(kernel, dmEvent('change', dm, COOKIE));
  issueDmEvent(kernel);
}

/**
 * DM_DEV_REMOVE. Two `remove` uevents: dm's own with the cookie, while the device still stands,
 * and the disk's when it goes (seen on Linux 6.1).
 */
export function removeDevice(kernel: Kernel, dm: SimDm): void {
  const { world } = kernel;
  if (dm.openCount > 0) throw new KernelRefusal('DM_DEV_REMOVE', label(dm), 'EBUSY');
  world.dmByName.delete(dm.name);
  if (dm.uuid !== '') world.dmByUuid.delete(dm.uuid);
  world.dmByDevt.delete(dm.devt);
  if (dm.registered) emit(kernel, dmEvent('remove', dm, COOKIE));
  for (const table of [dm.live, dm.inactive]) dropTable(kernel, dm, table);
  dm.live = null;
  dm.inactive = null;
  if (dm.registered) emit(kernel, dmEvent('remove', dm));
  world.dmMinors.release(dm.minor);
  issueDmEvent(kernel);
}

/** DM_TARGET_MSG to the multipath target. */
export function messageDevice(kernel: Kernel, dm: SimDm, message: string): void {
  const refuse = (errno: string): KernelRefusal => new KernelRefusal('DM_TARGET_MSG', label(dm), errno);
  const [verb, argument, ...rest] = message.split(/\s+/).filter((w) => w !== '');
  if (verb === undefined) throw refuse('EINVAL');
  // Without a live table the kernel says yes and does nothing.
  if (dm.live === null) return;
  if (dm.live.kind !== 'multipath') throw refuse('EINVAL');
  if (dm.suspended) throw refuse('EBUSY');
  const { target } = dm.live;
  if (argument === undefined) {
    if (verb !== 'queue_if_no_path' && verb !== 'fail_if_no_path') throw refuse('EINVAL');
    target.queueIfNoPath = verb === 'queue_if_no_path';
    return;
  }
  if (rest.length > 0) throw refuse('EINVAL');
  switch (verb) {
    case 'fail_path':
    case 'reinstate_path':
      if (!/^\d{1,4}:\d{1,7}$/.test(argument)) throw refuse('ENODEV');
      if (!setPathByDevt(kernel, dm, target, argument, verb === 'reinstate_path')) throw refuse('EINVAL');
      return;
    case 'switch_group':
    case 'disable_group':
    case 'enable_group':
      if (!/^\d{1,4}$/.test(argument)) throw refuse('EINVAL');
      if (!groupMessage(kernel, dm, target, verb, Number(argument))) throw refuse('EINVAL');
      return;
    default:
      throw refuse('EINVAL');
  }
}
