/**
 * What the kernel (and udev) say about devices: plain data, JSON-safe, without judgement.
 * The engine takes these in; the ports (real and simulated) produce them.
 */
import type { DevT, DiskSeq } from './identity';
import type { Reading } from './failure';

/** How the states of target port groups change: by the array alone, on command, or both. */
export type Tpgs = 'none' | 'implicit' | 'explicit' | 'both';

/** One whole disk as sysfs and the udev database describe it, all read under one directory handle. */
export interface BlockFacts {
  name: string;
  devt: DevT;
  diskseq: DiskSeq;
  /** Real path below /sys, e.g. `/devices/pci…/block/sda`. */
  devpath: string;
  sizeSectors: number;
  readOnly: boolean;
  /** `hidden=1`: a native-NVMe-multipath leg, never a path. */
  hidden: boolean;
  bus: 'scsi' | 'nvme' | 'ccw' | 'dm' | 'other';
  vendor: string | null;
  model: string | null;
  revision: string | null;
  /** `H:C:T:L`, or null if the device has none. */
  hcil: string | null;
  /** sysfs `state` (SCSI `running`, NVMe `live`, …) as text, null if the attribute is missing. */
  state: string | null;
  /** Target port group support by the standard INQUIRY data (SPC-4 6.6.2); null: not SCSI, or not told. */
  tpgs: Tpgs | null;
  /** scsi_dh_alua: `active/optimized`, …, null without. */
  accessState: string | null;
  preferredPath: boolean;
  /** Attached device handler (`alua`, `rdac`), null for none or `detached`. */
  deviceHandler: string | null;
  /** Raw VPD pages as lower-case hex, null if not readable. */
  vpd83: string | null;
  vpd80: string | null;
  /** NVMe `wwid`. */
  sysfsWwid: string | null;
  /** SCSI command timeout, seconds. */
  timeoutSeconds: number | null;
  maxSectorsKb: number | null;
  /** `H:C:T:L` names and target names by transport: see TransportFacts. */
  transport: TransportFacts;
  /** dm devices on top, by kernel name. */
  holders: string[];
  /** The udev record, as far as its values are kept; null if udev has not (yet) finished with the device. */
  udev: Record<string, string> | null;
  /**
   * The names of all its properties in their order, a space between; empty without a record. Disks of one kind have the
   * same.
   */
  udevNames: string;
}

/** Where a path leads to (behaviour: target node name and protocol). Null: not known. */
export interface TransportFacts {
  /** `scsi:fcp`, `scsi:iscsi`, `scsi:sas`, `scsi:usb`, `scsi:ata`, `scsi:unspec`, `nvme:pcie`, …, `undef`. */
  protocol: string;
  hostWwnn: string | null;
  hostWwpn: string | null;
  targetWwnn: string | null;
  targetWwpn: string | null;
  hostAdapter: string | null;
}

/** One line of a dm table with its status. */
export interface TargetFacts {
  startSector: number;
  lengthSectors: number;
  type: string;
  table: string;
  status: string;
}

/** One device-mapper device, asked for by UUID. */
export interface MapFacts {
  uuid: string;
  name: string;
  devt: DevT;
  diskseq: DiskSeq;
  eventNr: number;
  openCount: number;
  suspended: boolean;
  readOnly: boolean;
  hasLiveTable: boolean;
  hasInactiveTable: boolean;
  targets: TargetFacts[];
}

/** One entry of DM_LIST_DEVICES, multipath or not. `uuid` is empty where the device has none. */
export interface DmListEntry {
  name: string;
  uuid: string;
  devt: DevT;
  eventNr: number;
}

/** The answer of DM_LIST_DEVICES: whole, or as what has changed since an earlier one. */
export interface DmListing {
  /** By which a later one may refer to it; null: none will. */
  number: number | null;
  /** The listing that this tells the changes since; null: it is whole. */
  since: number | null;
  /** All devices, or those that are not in the earlier one as they are now. */
  devices: DmListEntry[];
  /** The earlier one's devices under whose number there is none any more. */
  gone: DevT[];
}

/** One entry of /sys/block: what tells one disk from another, and nothing that costs more. */
export interface DiskEntry {
  name: string;
  /** null: it could not be read, so that nothing is known of the disk under this name. */
  devt: DevT | null;
  diskseq: DiskSeq;
}

/** All of device-mapper and all disks at one time: what a resync and an audit rest on. */
export interface KernelSnapshot {
  dm: Reading<DmListEntry[]>;
  /** Per multipath map of `dm`, by UUID. A failure here says "unknown", never "gone". */
  maps: Array<{ uuid: string; reading: Reading<MapFacts> }>;
  /** The names in /sys/block; a failure means that nothing was learnt about disks. */
  blocks: Reading<Array<{ name: string; reading: Reading<BlockFacts> }>>;
}

/** What udev's rules are to know of a table that is loaded. */
export interface UdevHints {
  /** No partition mappings are to be made on the map (`skip_kpartx`). */
  skipKpartx: boolean;
  /** No path can be read from: the map is not to be probed. */
  noPath: boolean;
}

/** How a path is asked whether it works; `none`: only sysfs is. */
export type Checker = 'tur' | 'hp_sw' | 'directio' | 'readsector0' | 'none';

/** The state of a path after a check, and why. */
export interface CheckedState {
  /** The state of the path. A finished check never has `pending` or `unchecked`. */
  state: 'up' | 'down' | 'ghost' | 'timeout' | 'removed' | 'transitioning';
  /** Why, in words for the log and `mpathctl`. */
  message: string;
}

/** The outcome of a path check. */
export interface CheckOutcome extends CheckedState {
  /** What sysfs said at the same time (null: not readable). */
  sysfsState: string | null;
  accessState: string | null;
  preferredPath: boolean;
  sizeSectors: number | null;
}
