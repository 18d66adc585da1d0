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

/** The flags that libdm puts into the cookie with `--noudevsync`, from a real event. */
const COOKIE = { DM_COOKIE: '6291456' };

const label = (dm: SimDm): string => (dm.uuid === '' ? dm.name : dm.uuid);

/** DM_NAME_LEN and DM_UUID_LEN count the NUL; check_name refuses a slash. */
function checkNames(name: string, uuid: string): void {
  const bad = name === '' || name.length > 127 || name.includes('/') || uuid.length > 128;
  if (bad) throw new KernelRefusal('DM_DEV_CREATE', name, 'EINVAL');
}

/** DM_DEV_CREATE: the device has no table yet, and therefore no entry in /sys/block and no uevent. */
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
    queue: null,
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
 * Whether a table of this map has the disk open in this mode: then the kernel takes the disk without opening it anew.
 */
function isHeld(dm: SimDm, disk: SimDisk, readOnly: boolean): boolean {
  if (!disk.holders.includes(dm)) return false;
  for (const table of [dm.live, dm.inactive]) {
    if (table?.readOnly !== readOnly) continue;
    for (const path of pathsOf(table)) if (path.disk === disk) return true;
  }
  return false;
}

/** scsi_device_online, which sd_open calls. */
const isOnline = (disk: SimDisk): boolean => disk.state !== 'offline' && disk.state !== 'transport-offline';

/** The errno of sd_open and of the claim, or null. Device-mapper devices share a claim. */
function openErrno(disk: SimDisk, readOnly: boolean): 'ENXIO' | 'EBUSY' | 'EROFS' | null {
  if (!disk.present) return 'ENXIO';
  if (disk.claimed) return 'EBUSY';
  if (!isOnline(disk)) return 'ENXIO';
  return disk.writeProtected && !readOnly ? 'EROFS' : null;
}

/**
 * dm_get_device: if this map already has the disk open in the same mode, the kernel takes it, even if it was deleted
 * since (dm.c, dm_get_table_device).
 */
function findDisk(kernel: Kernel, dm: SimDm, devt: string, readOnly: boolean): SimDisk {
  // Since Linux 6.4; 6.1 does not refuse this.
  if (devt === dm.devt) throw new TableRefused('EINVAL', 'a map cannot hold itself');
  const disk = kernel.world.disksByDevt.get(devt);
  if (disk === undefined) throw new TableRefused('ENXIO', 'error getting device');
  if (isHeld(dm, disk, readOnly)) return disk;
  const errno = openErrno(disk, readOnly);
  if (errno !== null) throw new TableRefused(errno, 'error getting device');
  return disk;
}

/** Targets of Debian's kernel that other programs use. */
const OTHER_TARGETS: ReadonlySet<string> = new Set([
  'linear',
  'striped',
  'error',
  'zero',
  'crypt',
  'mirror',
  'snapshot',
  'snapshot-origin',
  'thin',
  'thin-pool',
  'cache',
  'raid',
  'verity',
  'delay',
  'flakey',
]);

/** dm_table_determine_type: the error target fits both types, and is bio-based if it is the first target. */
function queueOf(dm: SimDm, type: string): 'request' | 'bio' {
  if (type === 'multipath') return 'request';
  return type === 'error' && dm.queue !== null ? dm.queue : 'bio';
}

function readTable(kernel: Kernel, dm: SimDm, request: TableRequest): SimTable {
  const { type, params, sizeSectors, readOnly } = request;
  const refuse = (errno: string): KernelRefusal => new KernelRefusal('DM_TABLE_LOAD', label(dm), errno);
  if (type !== 'multipath' && !OTHER_TARGETS.has(type)) throw refuse('EINVAL');
  if (dm.queue !== null && dm.queue !== queueOf(dm, type)) throw refuse('EINVAL');
  if (type !== 'multipath') return { kind: 'other', target: { type, sizeSectors, params }, readOnly };
  try {
    const target = readTarget(params, sizeSectors, (devt) => findDisk(kernel, dm, devt, readOnly));
    return { kind: 'multipath', target, readOnly };
  } catch (error) {
    if (error instanceof TableRefused) throw refuse(error.errno);
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

/** DM_TABLE_LOAD into the inactive slot. The first load brings the disk into sysfs, with its `add`. */
export function loadTable(kernel: Kernel, dm: SimDm, request: TableRequest): void {
  if (request.sizeSectors <= 0) throw new KernelRefusal('DM_TABLE_LOAD', label(dm), 'EINVAL');
  const table = readTable(kernel, dm, request);
  // dm_setup_md_queue checks the limits of the first table, and with them the sizes.
  if (dm.queue === null && tooLarge(table)) throw new KernelRefusal('DM_TABLE_LOAD', label(dm), 'EINVAL');
  dm.queue ??= queueOf(dm, request.type);
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

/** DM_DEV_SUSPEND with DM_SUSPEND_FLAG: it sends no event. */
export function suspendDevice(dm: SimDm): void {
  dm.suspended = true;
}

/**
 * device_area_is_invalid, which the kernel calls when a table is swapped in, and for the first table. A deleted disk
 * has size 0 and passes.
 */
function tooLarge(table: SimTable): boolean {
  for (const { disk } of pathsOf(table)) if (disk.present && disk.sizeSectors < table.target.sizeSectors) return true;
  return false;
}

/** dm_swap_table. set_disk_ro sends an event of its own first. */
function swapTable(kernel: Kernel, dm: SimDm, table: SimTable): void {
  const old = dm.live;
  dm.live = table;
  dm.inactive = null;
  dropTable(kernel, dm, old);
  issueDmEvent(kernel);
  if (table.readOnly !== (old?.readOnly ?? false))
    emit(kernel, dmEvent('change', dm, { DISK_RO: table.readOnly ? '1' : '0' }));
}

/**
 * DM_DEV_SUSPEND without the flag: swaps the inactive table in. This moves the global event number, but not the
 * device's. If the kernel refuses the table, the device stays suspended with the old table.
 */
export function resumeDevice(kernel: Kernel, dm: SimDm): void {
  const table = dm.inactive;
  const resized = table !== null && dm.live !== null && table.target.sizeSectors !== dm.live.target.sizeSectors;
  if (table !== null) {
    dm.suspended = true;
    if (tooLarge(table)) {
      clearTable(kernel, dm);
      throw new KernelRefusal('DM_DEV_SUSPEND', label(dm), 'EINVAL');
    }
    swapTable(kernel, dm, table);
  }
  if (!dm.suspended) return;
  if (dm.live === null) throw new KernelRefusal('DM_DEV_SUSPEND', label(dm), 'EINVAL');
  dm.suspended = false;
  // Some program always reads a new map (udev's blkid, a file system), and the first I/O chooses a group.
  if (table !== null && dm.live.kind === 'multipath') chooseGroup(dm.live.target);
  emit(kernel, dmEvent('change', dm, resized ? { ...COOKIE, RESIZE: '1' } : COOKIE));
}

/**
 * DM_DEV_RENAME, by name: raises the map's event number and sends a `change`. The kernel first checks if the name is
 * free.
 */
export function renameDevice(kernel: Kernel, name: string, newName: string): void {
  const { dmByName } = kernel.world;
  const refuse = (errno: string): KernelRefusal => new KernelRefusal('DM_DEV_RENAME', name, errno);
  if (newName === '' || newName.length > 127 || newName.includes('/')) throw refuse('EINVAL');
  if (dmByName.has(newName)) throw refuse('EBUSY');
  const dm = dmByName.get(name);
  if (dm === undefined) throw refuse('ENXIO');
  dmByName.delete(name);
  dm.name = newName;
  dmByName.set(newName, dm);
  if (dm.live !== null) raiseEvent(kernel, dm);
  if (dm.registered) emit(kernel, dmEvent('change', dm, COOKIE));
  issueDmEvent(kernel);
}

/**
 * DM_DEV_REMOVE. The kernel sends two `remove` uevents: dm's own with the cookie, while the device still exists, and
 * the disk's when it goes (seen on Linux 6.1).
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

function holdsPath(table: SimTable, devt: string): boolean {
  for (const path of pathsOf(table)) if (path.disk.devt === devt) return true;
  return false;
}

function errnoOfStranger(kernel: Kernel, devt: string, readOnly: boolean): string {
  const disk = kernel.world.disksByDevt.get(devt);
  return disk === undefined ? 'ENXIO' : (openErrno(disk, readOnly) ?? 'EINVAL');
}

/** DM_TARGET_MSG to the multipath target. */
export function messageDevice(kernel: Kernel, dm: SimDm, message: string): void {
  const refuse = (errno: string): KernelRefusal => new KernelRefusal('DM_TARGET_MSG', label(dm), errno);
  const [verb, argument, ...rest] = message.split(/\s+/).filter((w) => w !== '');
  if (verb === undefined) throw refuse('EINVAL');
  if (dm.live?.kind !== 'multipath') throw refuse('EINVAL');
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
      // multipath_message opens the device before it looks for the device in its table.
      if (!holdsPath(dm.live, argument)) throw refuse(errnoOfStranger(kernel, argument, dm.live.readOnly));
      setPathByDevt(kernel, dm, target, argument, verb === 'reinstate_path');
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
