/** The state of the simulated machine: plain data. Whoever may change it says so in its name. */
import type { TransportFacts } from '../model/facts';
import type { DevT, Wwid } from '../model/identity';
import { createNumberPool, type NumberPool } from './names';

/** What a LUN answers through one path to TEST UNIT READY and to a read. */
export type PathAnswer = 'up' | 'down' | 'ghost' | 'transitioning' | 'hangs';

/** What the array has behind a disk, which the kernel has not asked for since. */
export interface UnseenLun {
  wwid: Wwid;
  sizeSectors: number;
  /** The unit attention with which the LUN will answer first; null: it tells nothing. */
  attention: string | null;
}

export interface SimDisk {
  /** Place among the sd disks; name and dev_t follow from it. */
  readonly index: number;
  readonly name: string;
  readonly devt: DevT;
  readonly diskseq: number;
  readonly hcil: string;
  readonly devpath: string;
  /** False once deleted: gone from sysfs, but alive as long as a table holds it. */
  present: boolean;
  wwid: Wwid;
  vpd83: string | null;
  vpd80: string | null;
  /** VPD page 0xC0, which no sysfs has. */
  vpdC0: string | null;
  sizeSectors: number;
  readOnly: boolean;
  /** By the array: then the disk cannot be opened for writing (sd_open), whatever `readOnly` says. */
  writeProtected: boolean;
  /** GENHD's own read-only flag, which the kernel's `change` tells of. */
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
  /** Opened exclusively by somebody else (a mounted file system): not for device-mapper. */
  claimed: boolean;
  /** Sysfs goes on telling of the LUN before: page 0x83 and the size are the kernel's copies. */
  unseen: UnseenLun | null;
  /** One entry per table that names the disk, live or inactive. */
  holders: SimDm[];
}

export interface SimPath {
  readonly disk: SimDisk;
  /** Selector arguments as the kernel keeps them, defaults filled in. */
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
  /** Feature words but queue_if_no_path, which messages change. */
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
  /** Empty if it has none. */
  uuid: string;
  name: string;
  eventNr: number;
  /** DM_SEQNUM of the last path event: per map and gap-free. */
  pathEvents: number;
  openCount: number;
  suspended: boolean;
  /** In /sys/block: only from its first table on (drivers/md/dm.c, dm_setup_md_queue, since 5.15). */
  registered: boolean;
  /** Request- or bio-based: its first table decides, for life; null before. */
  queue: 'request' | 'bio' | null;
  live: SimTable | null;
  inactive: SimTable | null;
}

/** udevd's record of one device number, `/run/udev/data/b8:0`. */
export interface UdevRecord {
  /** By its link `disk/by-diskseq/N`, which only disks have; null for dm devices. */
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
  /** By device number, as udevd files it: a record can outlive its disk. */
  readonly udevDatabase: Map<DevT, UdevRecord>;
  readonly sdIndexes: NumberPool;
  readonly dmMinors: NumberPool;
  /** Last number given to a uevent. */
  seqnum: number;
  /** Last number given to a disk; never reused. */
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
