/*
 * A machine in the view of the rules: the actions of an administrator, and what can be seen of the kernel. There are
 * two: the simulated kernel, and a real one in the test VM. No daemon and no udevd runs on it.
 */

/** `ok`, or the errno of the kernel's refusal. */
export type Answer = string;

export interface Disk {
  readonly name: string;
  readonly devt: string;
  readonly diskseq: number;
}

/** A disk in sysfs. */
export interface DiskSight {
  devt: string;
  diskseq: number;
  sizeSectors: number;
  state: string;
  readOnly: boolean;
  holders: string[];
}

/** The header that every device-mapper ioctl on one device returns. */
export interface DmSight {
  name: string;
  uuid: string;
  devt: string;
  eventNr: number;
  openCount: number;
  suspended: boolean;
  readOnly: boolean;
  live: boolean;
  inactive: boolean;
}

export interface DmEntry {
  name: string;
  uuid: string;
  devt: string;
  eventNr: number;
}

export interface TableSpec {
  type: string;
  params: string;
  sizeSectors: number;
  readOnly?: boolean;
}

/** A uevent as it was sent, with all variables in their order. */
export interface SeenEvent {
  action: string;
  devpath: string;
  env: Record<string, string>;
}

/** The result of one receive call. */
export type Received = { kind: 'event'; event: SeenEvent } | { kind: 'truncated' } | { kind: 'errno'; errno: string };

/** A separate socket on the kernel's group. Nobody reads it until the rule does. */
export interface RuleSocket {
  /** One recvmsg with a buffer of `size` bytes. */
  receive(size?: number): Promise<Received>;
  /** Receives until EAGAIN, which is not in the list. */
  drain(): Promise<Received[]>;
  /** SO_MEMINFO: the bytes that are charged, and the number of dropped messages. */
  meminfo(): Promise<{ charged: number; drops: number }>;
}

export interface RuleMachine {
  // ---- disks
  /** The machine's disks, one LUN of 16384 sectors behind all of them. */
  disks(): Promise<readonly [Disk, Disk, Disk, Disk]>;
  /** Deletes the SCSI device. */
  deleteDisk(disk: Disk): Promise<void>;
  /** The LUN comes back at the place of `disk`. */
  addDisk(disk: Disk): Promise<Disk>;
  setState(disk: Disk, state: string): Promise<void>;
  /** blockdev --setro and --setrw. */
  setReadOnly(disk: Disk, readOnly: boolean): Promise<void>;
  /** The array switches the write protection of the LUN, and the kernel looks at this disk. */
  writeProtect(disk: Disk, on: boolean): Promise<void>;
  /** The LUN gets another size, and the kernel looks at this disk. Returns the size in sectors. */
  resize(disk: Disk): Promise<number>;
  /** The LUN gets another size, and nobody has looked at it. */
  resizeUnseen(disk: Disk): Promise<number>;
  /** The kernel looks again at a disk that has not changed. */
  rescan(disk: Disk): Promise<void>;
  /** Opens the disk exclusively, like a mount. */
  claim(disk: Disk): Promise<Answer>;
  release(disk: Disk): Promise<void>;
  /** null: /sys/block does not have this name. */
  disk(name: string): Promise<DiskSight | null>;

  // ---- device-mapper, one ioctl each
  create(name: string, uuid?: string): Promise<Answer>;
  load(name: string, table: TableSpec): Promise<Answer>;
  clear(name: string): Promise<Answer>;
  suspend(name: string): Promise<Answer>;
  resume(name: string): Promise<Answer>;
  rename(name: string, newName: string): Promise<Answer>;
  remove(name: string): Promise<Answer>;
  message(name: string, message: string): Promise<Answer>;
  /** The errno if there is no such device. */
  status(by: { name: string } | { uuid: string } | { devt: string }): Promise<DmSight | Answer>;
  /** Table and status line of the map's only target; null: there is no such table. */
  target(name: string, which?: 'live' | 'inactive'): Promise<{ table: string; status: string } | null>;
  /** The dev_ts, sorted. */
  deps(name: string, which?: 'live' | 'inactive'): Promise<string[]>;
  /** In the kernel's order. */
  list(): Promise<DmEntry[]>;
  openMap(name: string): Promise<Answer>;
  closeMap(name: string): Promise<void>;
  /** Reads a block of the map: the multipath target chooses a group. */
  readMap(name: string): Promise<Answer>;
  /** DM_DEV_ARM_POLL on the machine's own file of /dev/mapper/control. */
  arm(): Promise<void>;
  /** True if poll() says that something has happened since then. */
  polled(): Promise<boolean>;

  // ---- uevents
  /**
   * Events of block devices and unit attentions of SCSI devices since the last call. Waits for `count` events, and
   * returns all that have come by then.
   */
  events(count: number): Promise<SeenEvent[]>;
  /** Like {@link events}, with the events of all other devices. */
  allEvents(count: number): Promise<SeenEvent[]>;
  /** `echo change UUID KEY=VALUE > uevent` of a disk, `times` times. */
  trigger(disk: Disk, args: Record<string, string>, times?: number): Promise<void>;
  /** An event of a device that is no block device. */
  foreignEvent(): Promise<void>;
  /** Events of another network namespace, which use sequence numbers. */
  eventsElsewhere(): Promise<void>;
  listen(bufferBytes: number): Promise<RuleSocket>;
}

/** A disk whose LUN the array can replace by another. */
export interface LunMachine {
  /** The disk in the view of the kernel: its page 0x83 as hex. */
  sight(): Promise<{ devt: string; diskseq: number; sizeSectors: number; vpd83: string }>;
  /** Puts another LUN there, of 196608 sectors instead of 131072. No session and no cable is touched. */
  swapLun(): Promise<void>;
  /** The disk's own answer through SG_IO: page 0x83 as hex. */
  inquire(): Promise<string>;
  /** The result of a read of a block past the page cache: the errno, or `ok`. */
  read(): Promise<Answer>;
  rescan(): Promise<void>;
  /** Like {@link RuleMachine.events}. */
  events(count: number): Promise<SeenEvent[]>;
}

/** One rule: how the kernel behaves, shown by an example. */
export interface Rule {
  readonly name: string;
  run(machine: RuleMachine): Promise<void>;
}

/** A machine on which a device can get its UUID after it was made. The simulated kernel does not need this. */
export interface UuidMachine extends RuleMachine {
  setUuid(name: string, uuid: string): Promise<Answer>;
}

/** A rule for such a machine. */
export interface UuidRule {
  readonly name: string;
  run(machine: UuidMachine): Promise<void>;
}

/** A rule for a LUN that is swapped. */
export interface LunRule {
  readonly name: string;
  run(machine: LunMachine): Promise<void>;
}
