/*
 * A machine as the rules see it: what an administrator does, and what can be seen of the kernel. There are
 * two: the simulated kernel, and a real one in the test VM. Nobody else is on it: no daemon, no udevd.
 */

/** `ok`, or the errno by which the kernel refused. */
export type Answer = string;

export interface Disk {
  readonly name: string;
  readonly devt: string;
  readonly diskseq: number;
}

/** What sysfs says of a disk. */
export interface DiskSight {
  devt: string;
  diskseq: number;
  sizeSectors: number;
  state: string;
  readOnly: boolean;
  holders: string[];
}

/** The header that every device-mapper ioctl on one device leaves. */
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

/** A uevent as it was on the wire, all variables in their order. */
export interface SeenEvent {
  action: string;
  devpath: string;
  env: Record<string, string>;
}

/** What one receive call gave. */
export type Received = { kind: 'event'; event: SeenEvent } | { kind: 'truncated' } | { kind: 'errno'; errno: string };

/** A socket of its own on the kernel's group, which nobody reads until the rule does. */
export interface RuleSocket {
  /** One recvmsg with a buffer of so many bytes. */
  receive(size?: number): Promise<Received>;
  /** To EAGAIN, which is not in the list. */
  drain(): Promise<Received[]>;
  /** SO_MEMINFO: bytes charged now, and messages dropped. */
  meminfo(): Promise<{ charged: number; drops: number }>;
}

export interface RuleMachine {
  // ---- disks
  /** The machine's disks, one LUN of 16384 sectors behind all of them. */
  disks(): Promise<readonly [Disk, Disk, Disk, Disk]>;
  /** The SCSI device is deleted. */
  deleteDisk(disk: Disk): Promise<void>;
  /** The LUN comes back where `disk` was. */
  addDisk(disk: Disk): Promise<Disk>;
  setState(disk: Disk, state: string): Promise<void>;
  /** blockdev --setro and --setrw. */
  setReadOnly(disk: Disk, readOnly: boolean): Promise<void>;
  /** The array protects the LUN, or no longer, and the kernel looks at this disk. */
  writeProtect(disk: Disk, on: boolean): Promise<void>;
  /** The LUN is another size now, and the kernel looks at this disk; gives the size in sectors. */
  resize(disk: Disk): Promise<number>;
  /** The LUN is another size now, and nobody has looked. */
  resizeUnseen(disk: Disk): Promise<number>;
  /** The kernel looks again at a disk that has not changed. */
  rescan(disk: Disk): Promise<void>;
  /** Opens it exclusively, as a mount does. */
  claim(disk: Disk): Promise<Answer>;
  release(disk: Disk): Promise<void>;
  /** null: no such name in /sys/block. */
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
  /** The errno if there is none such. */
  status(by: { name: string } | { uuid: string } | { devt: string }): Promise<DmSight | Answer>;
  /** Table and status line of its one target; null without such a table. */
  target(name: string, which?: 'live' | 'inactive'): Promise<{ table: string; status: string } | null>;
  /** dev_ts, sorted. */
  deps(name: string, which?: 'live' | 'inactive'): Promise<string[]>;
  /** In the kernel's order. */
  list(): Promise<DmEntry[]>;
  openMap(name: string): Promise<Answer>;
  closeMap(name: string): Promise<void>;
  /** Reads a block of the map: the multipath target chooses a group. */
  readMap(name: string): Promise<Answer>;
  /** DM_DEV_ARM_POLL on the machine's own file of /dev/mapper/control. */
  arm(): Promise<void>;
  /** Whether poll() says that something happened since. */
  polled(): Promise<boolean>;

  // ---- uevents
  /**
   * Events of block devices and unit attentions of SCSI devices since the last call: `count` at
   * least, if that many come, and all that come with them.
   */
  events(count: number): Promise<SeenEvent[]>;
  /** Of the same, and of all others. */
  allEvents(count: number): Promise<SeenEvent[]>;
  /** `echo change UUID KEY=VALUE > uevent` of a disk, so many times. */
  trigger(disk: Disk, args: Record<string, string>, times?: number): Promise<void>;
  /** An event of something that is no block device. */
  foreignEvent(): Promise<void>;
  /** Events of another network namespace, which take sequence numbers. */
  eventsElsewhere(): Promise<void>;
  listen(bufferBytes: number): Promise<RuleSocket>;
}

/** A disk whose LUN the array can put another one in the place of. */
export interface LunMachine {
  /** What the kernel says of it: its page 0x83 as hex. */
  sight(): Promise<{ devt: string; diskseq: number; sizeSectors: number; vpd83: string }>;
  /** Another LUN, of 196608 sectors where it had 131072; no session and no cable is touched. */
  swapLun(): Promise<void>;
  /** What it says of itself when it is asked by SG_IO: page 0x83 as hex. */
  inquire(): Promise<string>;
  /** The errno, or `ok`, of a read of a block past the page cache. */
  read(): Promise<Answer>;
  rescan(): Promise<void>;
  /** As {@link RuleMachine.events}. */
  events(count: number): Promise<SeenEvent[]>;
}

/** One rule: how the kernel behaves, shown by an example. */
export interface Rule {
  readonly name: string;
  run(machine: RuleMachine): Promise<void>;
}

/** A machine on which a device can be given its UUID after it was made. The simulated kernel has no use for that. */
export interface UuidMachine extends RuleMachine {
  setUuid(name: string, uuid: string): Promise<Answer>;
}

/** The same, on such a machine. */
export interface UuidRule {
  readonly name: string;
  run(machine: UuidMachine): Promise<void>;
}

/** The same, of a LUN that is swapped. */
export interface LunRule {
  readonly name: string;
  run(machine: LunMachine): Promise<void>;
}
