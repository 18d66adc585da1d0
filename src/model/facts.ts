/**
 * The statements of the kernel (and udev) about devices: plain data, JSON-safe, without a judgement. The ports (real
 * and simulated) produce them, and the engine takes them in.
 */
import type { DevT, DiskSeq } from './identity';
import type { Failure, Reading } from './failure';

/** How target port groups change their states: by the array itself, on command, or both. */
export type Tpgs = 'none' | 'implicit' | 'explicit' | 'both';

/** One whole disk as sysfs and the udev database describe it. All attributes are read under one directory handle. */
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
  /**
   * Target port group support by the standard INQUIRY data (SPC-4 6.6.2); null: the disk is not SCSI, or sysfs has no
   * data.
   */
  tpgs: Tpgs | null;
  /** The access state by scsi_dh_alua: `active/optimized`, …; null without this handler. */
  accessState: string | null;
  preferredPath: boolean;
  /** The attached device handler (`alua`, `rdac`); null if none is attached. */
  deviceHandler: string | null;
  /** Raw VPD pages as lower-case hex, null if not readable. */
  vpd83: string | null;
  vpd80: string | null;
  /** The attribute `wwid` of NVMe. */
  sysfsWwid: string | null;
  /** SCSI command timeout, seconds. */
  timeoutSeconds: number | null;
  maxSectorsKb: number | null;
  /** `H:C:T:L` names and target names by transport: see TransportFacts. */
  transport: TransportFacts;
  /** The dm devices on top of the disk, by kernel name. */
  holders: string[];
  /** The kept values of the udev record; null if udev has not (yet) finished with the device. */
  udev: Record<string, string> | null;
  /**
   * The names of all properties of the record in order, separated by spaces; empty without a record. Disks of one kind
   * have the same text.
   */
  udevNames: string;
}

/** The way of a path to its target: protocol, and names of host and target. Null: not known. */
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

/** One device-mapper device, read by UUID. */
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

/** One entry of DM_LIST_DEVICES, multipath or not. `uuid` is empty if the device has none. */
export interface DmListEntry {
  name: string;
  uuid: string;
  devt: DevT;
  eventNr: number;
}

/** The answer of DM_LIST_DEVICES: the whole list, or the changes since an earlier listing. */
export interface DmListing {
  /** A later listing may refer to this one by this number; null: no later listing does. */
  number: number | null;
  /** The number of the earlier listing, if this one has only the changes since then; null: this is the whole list. */
  since: number | null;
  /** All devices, or the devices that are new or differ from the earlier listing. */
  devices: DmListEntry[];
  /** The numbers of the earlier listing that no device has any more. */
  gone: DevT[];
}

/** One entry of /sys/block: only the attributes that distinguish one disk from another, which are cheap to read. */
export interface DiskEntry {
  name: string;
  /** null: the number could not be read, so nothing is known of the disk with this name. */
  devt: DevT | null;
  diskseq: DiskSeq;
}

/** All of device-mapper and all disks at one time: the basis of a resync and of an audit. */
export interface KernelSnapshot {
  dm: Reading<DmListEntry[]>;
  /** One entry for each multipath map of `dm`, by UUID. A failure here means "unknown", never "gone". */
  maps: Array<{ uuid: string; reading: Reading<MapFacts> }>;
  /** One entry for each name in /sys/block. A failure of the whole means that nothing is known about disks. */
  blocks: Reading<Array<{ name: string; reading: Reading<BlockFacts> }>>;
}

/** Hints for udev's rules about a loaded table. */
export interface UdevHints {
  /** udev's rules must make no partition mappings on the map (`skip_kpartx`). */
  skipKpartx: boolean;
  /** The map has no path to read from: udev's rules must not probe it. */
  noPath: boolean;
}

/** How mpathd asks a path whether it works; `none`: only sysfs decides. */
export type Checker = 'tur' | 'hp_sw' | 'directio' | 'readsector0' | 'none';

/** The state of a path after a check, and why. */
export interface CheckedState {
  /** The state of the path. A finished check never has `pending` or `unchecked`. */
  state: 'up' | 'down' | 'ghost' | 'timeout' | 'removed' | 'transitioning';
  /** Why, in words for the log and `mpathctl`. */
  message: string;
}

/** The kernel's copy of the page by which a SCSI disk says which LUN it is: 0x83, else 0x80 (serial number). */
export interface IdentityCopy {
  page: 0x83 | 0x80;
  hex: string;
}

/** What a check has found out about the LUN behind the path. */
export type IdentityEvidence =
  /** The disk gave the bytes of the copy. */
  | { kind: 'same' }
  /** The disk gave other bytes (hex). They may still name the same LUN. */
  | { kind: 'other-page'; page: string }
  | { kind: 'no-answer'; failure: Failure };

/** The outcome of a path check. */
export interface CheckOutcome extends CheckedState {
  /** The state in sysfs at the same time (null: not readable). */
  sysfsState: string | null;
  accessState: string | null;
  preferredPath: boolean;
  sizeSectors: number | null;
  /** null: the disk was not asked which LUN it is. */
  identity: IdentityEvidence | null;
}
