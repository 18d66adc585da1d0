/** The state of the simulated machine, as plain data. A function that may change it says so in its name. */
import type { TransportFacts } from '../model/facts';
import type { DevT, Wwid } from '../model/identity';
import { createNumberPool, type NumberPool } from './names';

/** The answer of a LUN through one path to TEST UNIT READY and to a read. */
export type PathAnswer = 'up' | 'down' | 'ghost' | 'transitioning' | 'hangs';

/** The LUN that the array has put behind a disk, if the kernel has not looked since. */
export interface UnseenLun {
  wwid: Wwid;
  sizeSectors: number;
  /** The unit attention with which the LUN will answer first; null: none. */
  attention: string | null;
}

export interface SimDisk {
  /** The number of the disk among the sd disks; name and dev_t follow from it. */
  readonly index: number;
  readonly name: string;
  readonly devt: DevT;
  readonly diskseq: number;
  readonly hcil: string;
  readonly devpath: string;
  /** False after the disk was deleted: it is gone from sysfs, but stays alive as long as a table holds it. */
  present: boolean;
  wwid: Wwid;
  vpd83: string | null;
  vpd80: string | null;
  /** VPD page 0xC0, which sysfs does not show. */
  vpdC0: string | null;
  sizeSectors: number;
  readOnly: boolean;
  /**
   * True if the array write-protects the LUN: then the disk cannot be opened for writing (sd_open), whatever `readOnly`
   * is.
   */
  writeProtected: boolean;
  /** GENHD's own read-only flag, whose changes the kernel reports by `change`. */
  protectionTold: boolean;
  vendor: string;
  model: string;
  revision: string;
  /** sysfs `state`. */
  state: string;
  accessState: string | null;
  preferredPath: boolean;
  deviceHandler: string | null;
  transport: TransportFacts;
  answer: PathAnswer;
  /** True if another program has the disk open exclusively (a mounted file system): device-mapper cannot use it. */
  claimed: boolean;
  /**
   * The LUN that the kernel has not seen yet. sysfs still shows the earlier LUN: page 0x83 and the size are the
   * kernel's copies.
   */
  unseen: UnseenLun | null;
  /** One entry per table that names the disk, live or inactive. */
  holders: SimDm[];
}

export interface SimPath {
  readonly disk: SimDisk;
  /** The selector arguments as the kernel keeps them, with defaults. */
  readonly args: readonly string[];
  active: boolean;
  failCount: number;
}

export interface SimGroup {
  readonly selector: string;
  readonly paths: SimPath[];
  bypassed: boolean;
}

export interface MultipathTarget {
  readonly type: 'multipath';
  readonly sizeSectors: number;
  queueIfNoPath: boolean;
  /** The feature words without queue_if_no_path, which messages change. */
  readonly features: readonly string[];
  readonly handler: string | null;
  readonly groups: readonly SimGroup[];
  /** 0-based; null when the kernel is free to choose. */
  nextGroup: number | null;
  currentGroup: number | null;
}

/** Any other target (linear, …): opaque. */
export interface OtherTarget {
  readonly type: string;
  readonly sizeSectors: number;
  readonly params: string;
}

export type SimTable =
  | { readonly kind: 'multipath'; readonly target: MultipathTarget; readonly readOnly: boolean }
  | { readonly kind: 'other'; readonly target: OtherTarget; readonly readOnly: boolean };

/** A device-mapper device. */
export interface SimDm {
  readonly minor: number;
  readonly devt: DevT;
  readonly diskseq: number;
  readonly devpath: string;
  /** Empty if the device has none. */
  uuid: string;
  name: string;
  eventNr: number;
  /** DM_SEQNUM of the last path event. Each map counts its own, without gaps. */
  pathEvents: number;
  openCount: number;
  suspended: boolean;
  /**
   * True if the device is in /sys/block, which it is from its first table on (drivers/md/dm.c, dm_setup_md_queue, since
   * 5.15).
   */
  registered: boolean;
  /** Request-based or bio-based. The device's first table decides this for ever; null before the first table. */
  queue: 'request' | 'bio' | null;
  live: SimTable | null;
  inactive: SimTable | null;
}

/** udevd's record of one device number, `/run/udev/data/b8:0`. */
export interface UdevRecord {
  /** The number in the record's link `disk/by-diskseq/N`, which only disks have; null for dm devices. */
  diskseq: number | null;
  properties: Record<string, string>;
}

export interface World {
  /** Present disks by name. */
  readonly disks: Map<string, SimDisk>;
  /** Present disks, and deleted ones that a table still holds, by dev_t. */
  readonly disksByDevt: Map<DevT, SimDisk>;
  readonly dmByDevt: Map<DevT, SimDm>;
  readonly dmByName: Map<string, SimDm>;
  /** Only devices that have a UUID. */
  readonly dmByUuid: Map<string, SimDm>;
  /** The records by device number, as in udevd: a record can outlive its disk. */
  readonly udevDatabase: Map<DevT, UdevRecord>;
  /** The ID_SERIAL that wrong rules of udev's give to every disk; null: udev's rules are right. */
  udevSerial: string | null;
  readonly sdIndexes: NumberPool;
  readonly dmMinors: NumberPool;
  /** The last number given to a uevent. */
  seqnum: number;
  /** The last number given to a disk. No number is given twice. */
  diskseq: number;
  /** The global dm event number that poll() on /dev/mapper/control compares. */
  dmEvents: number;
}

/** An empty machine, some events after boot. */
export function createWorld(): World {
  return {
    disks: new Map(),
    disksByDevt: new Map(),
    dmByDevt: new Map(),
    dmByName: new Map(),
    dmByUuid: new Map(),
    udevDatabase: new Map(),
    udevSerial: null,
    sdIndexes: createNumberPool(),
    dmMinors: createNumberPool(),
    seqnum: 700,
    diskseq: 1,
    dmEvents: 0,
  };
}

/** The multipath targets' paths of a table, in order. */
export function* pathsOf(table: SimTable | null): Iterable<SimPath> {
  if (table?.kind !== 'multipath') return;
  for (const group of table.target.groups) yield* group.paths;
}

/** The name and number of a deleted disk are free again only when no table holds it (sd.c, scsi_disk_release). */
export function releaseIfUnused(world: World, disk: SimDisk): void {
  if (disk.present || disk.holders.length > 0) return;
  if (world.disksByDevt.get(disk.devt) !== disk) return;
  world.disksByDevt.delete(disk.devt);
  world.sdIndexes.release(disk.index);
}
