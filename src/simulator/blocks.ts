/** Disks in the form that sysfs and the udev database show. */
import { namesOfRecord } from '../model/propertyNames';
import type { BlockPort } from '../kernel/ports';
import type { BlockFacts, DiskEntry, TransportFacts } from '../model/facts';
import { perform, type Asked, type Latency } from './answer';
import { checkPath } from './checkPath';
import { KernelRefusal } from './dmIoctl';
import type { Kernel } from './kernel';
import { DM_MAJOR } from './names';
import { rescan } from './rescanPort';
import { sendScsi } from './scsi';
import type { SimDisk, SimDm, World } from './world';

const NO_TRANSPORT: TransportFacts = {
  protocol: 'undef',
  hostWwnn: null,
  hostWwpn: null,
  targetWwnn: null,
  targetWwpn: null,
  hostAdapter: null,
};

/** Reads the record as the real port does: a record that names another disk by its sequence number does not count. */
function udevRecord(world: World, devt: string, diskseq: number): Pick<BlockFacts, 'udev' | 'udevNames'> {
  const record = world.udevDatabase.get(devt);
  if (record === undefined || (record.diskseq !== null && record.diskseq !== diskseq))
    return { udev: null, udevNames: '' };
  return { udev: { ...record.properties }, udevNames: namesOfRecord(record.properties) };
}

function diskFacts(world: World, disk: SimDisk): BlockFacts {
  return {
    name: disk.name,
    devt: disk.devt,
    diskseq: disk.diskseq,
    devpath: disk.devpath,
    sizeSectors: disk.sizeSectors,
    readOnly: disk.readOnly,
    hidden: false,
    bus: 'scsi',
    vendor: disk.vendor,
    model: disk.model,
    revision: disk.revision,
    hcil: disk.hcil,
    state: disk.state,
    tpgs: disk.accessState === null ? 'none' : 'implicit',
    accessState: disk.accessState,
    preferredPath: disk.preferredPath,
    deviceHandler: disk.deviceHandler,
    vpd83: disk.vpd83,
    vpd80: disk.vpd80,
    sysfsWwid: null,
    timeoutSeconds: 30,
    maxSectorsKb: 512,
    transport: disk.transport,
    holders: [...new Set(disk.holders.map((dm) => `dm-${dm.minor}`))],
    ...udevRecord(world, disk.devt, disk.diskseq),
  };
}

function dmBlockFacts(world: World, dm: SimDm): BlockFacts {
  return {
    name: `dm-${dm.minor}`,
    devt: dm.devt,
    diskseq: dm.diskseq,
    devpath: dm.devpath,
    sizeSectors: dm.live?.target.sizeSectors ?? 0,
    readOnly: dm.live?.readOnly ?? false,
    hidden: false,
    bus: 'dm',
    vendor: null,
    model: null,
    revision: null,
    hcil: null,
    state: null,
    tpgs: null,
    accessState: null,
    preferredPath: false,
    deviceHandler: null,
    vpd83: null,
    vpd80: null,
    sysfsWwid: null,
    timeoutSeconds: null,
    maxSectorsKb: null,
    transport: NO_TRANSPORT,
    holders: [],
    ...udevRecord(world, dm.devt, dm.diskseq),
  };
}

/** One entry of /sys/block or of /sys/dev/block; throws ENOENT if there is no such entry. */
export function blockFacts(world: World, name: string): BlockFacts {
  const byDevt = /^\d+:\d+$/.test(name)
    ? [...world.disks.values()].find((one) => one.devt === name && one.present)
    : undefined;
  const disk = byDevt ?? world.disks.get(name);
  if (disk !== undefined) return diskFacts(world, disk);
  const minor = /^dm-(\d{1,7})$/.exec(name)?.[1];
  const dm = minor === undefined ? undefined : world.dmByDevt.get(`${DM_MAJOR}:${minor}`);
  if (dm?.registered === true) return dmBlockFacts(world, dm);
  throw new KernelRefusal('read', `/sys/block/${name}`, 'ENOENT');
}

/** Lists the disks that can be paths, as the real port does. */
function diskEntries(world: World): DiskEntry[] {
  return [...world.disks.values()].map(({ name, devt, diskseq }) => ({ name, devt, diskseq }));
}

/** The names in /sys/block. */
export function blockNames(world: World): string[] {
  const names = [...world.disks.keys()];
  for (const dm of world.dmByDevt.values()) if (dm.registered) names.push(`dm-${dm.minor}`);
  return names;
}

/** The port over the simulated kernel. */
export function createBlocks(kernel: Kernel, latency: Latency): BlockPort {
  return {
    read: (name) => {
      const devt = kernel.world.disks.get(name)?.devt;
      const asked: Asked = {
        operation: 'block-read',
        call: 'read',
        device: name,
        ...(devt === undefined ? {} : { aliases: [devt] }),
      };
      return perform(kernel, latency, asked, () => blockFacts(kernel.world, name));
    },
    list: () =>
      perform(kernel, latency, { operation: 'block-list', call: 'readdir', device: '/sys/block' }, () =>
        diskEntries(kernel.world),
      ),
    check: (request) => checkPath(kernel, latency, request),
    scsi: (question) => sendScsi(kernel, latency, question),
    rescan: (disk) => rescan(kernel, latency, disk),
  };
}
