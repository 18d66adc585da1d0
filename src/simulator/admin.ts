/**
 * The world outside the daemon: cables, arrays, administrators and other programs. Each action takes effect at once.
 */
import type { TransportFacts } from '../model/facts';
import { createMap } from './deviceMapper';
import {
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
import { diskEvent, foreignEvent, unitAttentionEvent } from './eventText';
import { identityOf } from './identityPages';
import { emit, type Kernel } from './kernel';
import { rescanDisk, readWriteProtection, setSize } from './rescan';
import { failIo } from './multipathPaths';
import { sdDevt, sdName } from './names';
import { releaseIfUnused, type PathAnswer, type SimDisk, type SimDm, type UnseenLun } from './world';

/** A new disk. Only the WWID and the SCSI address are required. */
export interface DiskSpec {
  /** `3` and 16 or 32 hex digits. */
  wwid: string;
  /** `H:C:T:L`. */
  hcil: string;
  sizeSectors?: number;
  vendor?: string;
  model?: string;
  revision?: string;
  accessState?: string | null;
  preferredPath?: boolean;
  deviceHandler?: string | null;
  readOnly?: boolean;
  answer?: PathAnswer;
  transport?: TransportFacts;
}

/** A change of a path. `io`: I/O is running, so the kernel itself fails the path. */
export interface PathChange {
  state?: string;
  answer?: PathAnswer;
  accessState?: string | null;
  preferredPath?: boolean;
  io?: boolean;
}

export interface Admin {
  addDisk(spec: DiskSpec): string;
  /** Removes the disk. Its name stays in use while a table holds the disk. */
  removeDisk(name: string, io?: boolean): void;
  /** Changes the path silently, like a real array: no uevent comes. */
  change(name: string, change: PathChange): void;
  /** Fails the path, and brings it back after `ms`. */
  flap(name: string, ms: number): void;
  /**
   * The array gives the LUN's number to another LUN, and the kernel notices it: the disk stays, its identity changes,
   * and only a unit attention reports the change. A real kernel does not look by itself, see {@link Admin.swapLun}.
   */
  remap(name: string, wwid: string, sizeSectors?: number): void;
  /**
   * The array puts another LUN behind the disk, and the kernel does not notice it until it looks at the disk
   * ({@link Admin.rescan}, or its state is set to running). Neither sysfs nor an event shows the change, and TEST UNIT
   * READY and reads go on working.
   */
  swapLun(name: string, lun: UnseenLun): void;
  resize(name: string, sizeSectors: number): void;
  /**
   * Sends an event of a unit attention without a change of the LUN. (A new LUN's first answer is
   * `POWER_ON_RESET_OCCURRED`; SPC-4, 5.14.)
   */
  attention(name: string, attention: string): void;
  /** `echo 1 > device/rescan`: the kernel asks the LUN again. */
  rescan(name: string): void;
  /**
   * The array sets or clears the write protection of the LUN. The kernel notices it when it looks, and sends a
   * `change`.
   */
  setReadOnly(name: string, readOnly: boolean): void;
  /** blockdev --setro: no event comes, and the LUN does not change. */
  setNodeReadOnly(name: string, readOnly: boolean): void;
  /** Another program opens the disk exclusively, or closes it. */
  claim(name: string, claimed: boolean): void;
  /** dmsetup create with a table; the UUID may be empty. */
  createMap(name: string, uuid: string, table: TableRequest): void;
  /** dmsetup create --notable. */
  createEmptyMap(name: string, uuid: string): void;
  /** dmsetup load, suspend, resume. A refused table leaves the map suspended, as dmsetup does. */
  reloadMap(name: string, table: TableRequest): void;
  suspendMap(name: string): void;
  resumeMap(name: string): void;
  renameMap(name: string, newName: string): void;
  removeMap(name: string): void;
  messageMap(name: string, message: string): void;
  openMap(name: string): void;
  closeMap(name: string): void;
  /** Sends events of devices that mpathd does not need. */
  foreignEvents(count: number): void;
  /**
   * Uses numbers for events of another network namespace: no socket here gets these events, and their numbers are
   * missing.
   */
  useNumbersUp(count: number): void;
  /**
   * Wrong rules of udev's give every disk this ID_SERIAL from its next event on; null: the rules are right again.
   */
  useUdevSerial(serial: string | null): void;
  /** `echo change > /sys/block/NAME/uevent`. */
  trigger(name: string, action: string, count?: number): void;
}

const DEFAULT_TRANSPORT: TransportFacts = {
  protocol: 'scsi:fcp',
  hostWwnn: null,
  hostWwpn: null,
  targetWwnn: null,
  targetWwpn: null,
  hostAdapter: null,
};

function newDisk(kernel: Kernel, spec: DiskSpec): SimDisk {
  const parts = /^(\d{1,5}):(\d{1,5}):(\d{1,5}):(\d{1,10})$/.exec(spec.hcil);
  const { world } = kernel;
  const taken = [...world.disks.values()].some((d) => d.hcil === spec.hcil);
  if (parts === null) throw new KernelRefusal('addDisk', spec.hcil, 'EINVAL');
  if (taken) throw new KernelRefusal('addDisk', spec.hcil, 'EEXIST');
  const identity = identityOf(spec.wwid, spec.hcil);
  const [, host, channel, target] = parts;
  const index = world.sdIndexes.take();
  const name = sdName(index);
  return {
    index,
    name,
    devt: sdDevt(index),
    diskseq: ++world.diskseq,
    hcil: spec.hcil,
    devpath: `/devices/pseudo_0/adapter${host}/host${host}/target${host}:${channel}:${target}/${spec.hcil}/block/${name}`,
    present: true,
    ...identity,
    vpdC0: null,
    sizeSectors: spec.sizeSectors ?? 16384,
    readOnly: spec.readOnly ?? false,
    writeProtected: spec.readOnly ?? false,
    protectionTold: spec.readOnly ?? false,
    vendor: spec.vendor ?? 'SIM',
    model: spec.model ?? 'LUN',
    revision: spec.revision ?? '0001',
    state: 'running',
    accessState: spec.accessState === undefined ? 'active/optimized' : spec.accessState,
    preferredPath: spec.preferredPath ?? false,
    deviceHandler: spec.deviceHandler === undefined ? 'alua' : spec.deviceHandler,
    transport: { ...(spec.transport ?? DEFAULT_TRANSPORT) },
    answer: spec.answer ?? 'up',
    claimed: false,
    unseen: null,
    holders: [],
  };
}

function requireDisk(kernel: Kernel, name: string): SimDisk {
  const disk = kernel.world.disks.get(name);
  if (disk === undefined) throw new KernelRefusal('sysfs', name, 'ENOENT');
  return disk;
}

function requireMap(kernel: Kernel, name: string): SimDm {
  const dm = kernel.world.dmByName.get(name);
  if (dm === undefined) throw new KernelRefusal('dmsetup', name, 'ENXIO');
  return dm;
}

/** True for a disk whose I/O would fail or hang. */
const failing = (disk: SimDisk): boolean => disk.state !== 'running' || disk.answer !== 'up';

function changePath(kernel: Kernel, name: string, change: PathChange): void {
  const disk = requireDisk(kernel, name);
  // scsi_sysfs.c, store_state_field: when a device is set to running, the kernel looks at it again.
  const back = change.state === 'running' && disk.state !== 'running';
  if (change.state !== undefined) disk.state = change.state;
  if (back) rescanDisk(kernel, disk);
  if (change.answer !== undefined) disk.answer = change.answer;
  if (change.accessState !== undefined) disk.accessState = change.accessState;
  if (change.preferredPath !== undefined) disk.preferredPath = change.preferredPath;
  if (change.io === true && failing(disk)) failIo(kernel, disk);
}

type DiskActions =
  | 'addDisk'
  | 'removeDisk'
  | 'change'
  | 'flap'
  | 'remap'
  | 'swapLun'
  | 'resize'
  | 'attention'
  | 'rescan'
  | 'setReadOnly'
  | 'setNodeReadOnly'
  | 'claim'
  | 'foreignEvents'
  | 'useNumbersUp'
  | 'useUdevSerial'
  | 'trigger';

function diskActions(kernel: Kernel): Pick<Admin, DiskActions> {
  const { world } = kernel;
  return {
    addDisk: (spec) => {
      const disk = newDisk(kernel, spec);
      world.disks.set(disk.name, disk);
      world.disksByDevt.set(disk.devt, disk);
      emit(kernel, diskEvent('add', disk));
      return disk.name;
    },
    removeDisk: (name, io = false) => {
      const disk = requireDisk(kernel, name);
      disk.present = false;
      world.disks.delete(name);
      emit(kernel, diskEvent('remove', disk));
      if (io) failIo(kernel, disk);
      releaseIfUnused(world, disk);
    },
    change: (name, change) => changePath(kernel, name, change),
    flap: (name, ms) => {
      changePath(kernel, name, { answer: 'down', io: true });
      const { diskseq } = requireDisk(kernel, name);
      kernel.scheduler.after(ms, () => {
        const disk = world.disks.get(name);
        if (disk?.diskseq === diskseq) disk.answer = 'up';
      });
    },
    remap: (name, wwid, sizeSectors) => {
      const disk = requireDisk(kernel, name);
      Object.assign(disk, identityOf(wwid, disk.hcil), { unseen: null });
      if (sizeSectors !== undefined) disk.sizeSectors = sizeSectors;
      emit(kernel, unitAttentionEvent(disk, 'INQUIRY_DATA_HAS_CHANGED'));
    },
    resize: (name, sizeSectors) => {
      const disk = requireDisk(kernel, name);
      emit(kernel, unitAttentionEvent(disk, 'CAPACITY_DATA_HAS_CHANGED'));
      setSize(kernel, disk, sizeSectors);
    },
    swapLun: (name, lun) => {
      const disk = requireDisk(kernel, name);
      identityOf(lun.wwid, disk.hcil);
      disk.unseen = { ...lun };
    },
    setReadOnly: (name, readOnly) => {
      const disk = requireDisk(kernel, name);
      disk.writeProtected = readOnly;
      readWriteProtection(kernel, disk);
    },
    attention: (name, attention) => emit(kernel, unitAttentionEvent(requireDisk(kernel, name), attention)),
    rescan: (name) => rescanDisk(kernel, requireDisk(kernel, name)),
    setNodeReadOnly: (name, readOnly) => {
      requireDisk(kernel, name).readOnly = readOnly;
    },
    claim: (name, claimed) => {
      const disk = requireDisk(kernel, name);
      if (claimed && disk.holders.length > 0) throw new KernelRefusal('open', name, 'EBUSY');
      disk.claimed = claimed;
    },
    foreignEvents: (count) => {
      for (let i = 0; i < count; i++) emit(kernel, foreignEvent('change', '/devices/virtual/net/veth0', 'net'));
    },
    useNumbersUp: (count) => {
      world.seqnum += count;
    },
    useUdevSerial: (serial) => {
      world.udevSerial = serial;
    },
    trigger: (name, action, count = 1) => {
      const disk = requireDisk(kernel, name);
      for (let i = 0; i < count; i++) emit(kernel, diskEvent(action, disk, { SYNTH_UUID: '0' }));
    },
  };
}

/** All actions on this kernel. An action throws {@link KernelRefusal} if the kernel would refuse it. */
export function createAdmin(kernel: Kernel): Admin {
  const map = (name: string): SimDm => requireMap(kernel, name);
  return {
    ...diskActions(kernel),
    createMap: (name, uuid, table) => void createMap(kernel, name, uuid, table),
    createEmptyMap: (name, uuid) => void createDevice(kernel, name, uuid),
    reloadMap: (name, table) => {
      const dm = map(name);
      loadTable(kernel, dm, table);
      suspendDevice(dm);
      resumeDevice(kernel, dm);
    },
    suspendMap: (name) => suspendDevice(map(name)),
    resumeMap: (name) => resumeDevice(kernel, map(name)),
    renameMap: (name, newName) => renameDevice(kernel, name, newName),
    removeMap: (name) => removeDevice(kernel, map(name)),
    messageMap: (name, message) => messageDevice(kernel, map(name), message),
    openMap: (name) => {
      const dm = map(name);
      if (!dm.registered) throw new KernelRefusal('open', name, 'ENXIO');
      dm.openCount++;
    },
    closeMap: (name) => {
      const dm = map(name);
      if (dm.openCount === 0) throw new KernelRefusal('close', name, 'EBADF');
      dm.openCount--;
    },
  };
}
