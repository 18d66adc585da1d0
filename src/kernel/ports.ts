/**
 * The ports: everything that the daemon may ask of a kernel. `src/kernel` implements them over the real kernel,
 * `src/simulator` over a simulated one. No port blocks. No port throws because of an answer of the kernel: failures
 * come back as values.
 */
import type {
  BlockFacts,
  Checker,
  CheckOutcome,
  DiskEntry,
  DmListing,
  IdentityCopy,
  KernelSnapshot,
  MapFacts,
  UdevHints,
} from '../model/facts';
import type { Reading } from '../model/failure';
import type { DevT, DiskAddress } from '../model/identity';
import type { ScsiAnswer, ScsiQuestion } from '../model/scsi';
import type { UeventBatch } from '../model/uevent';

/** The real settings of the uevent socket; `status` shows them. */
export interface ListenerInfo {
  requestedBufferBytes: number;
  /** The size as read back: the kernel doubles what it grants. */
  grantedBufferBytes: number;
  /** `SCHED_RR:10`, or the reason why the thread has another scheduling. */
  scheduling: string;
  /** A number that rises while the thread lives; for the watchdog. */
  heartbeat: number;
  /** SO_MEMINFO: messages the kernel dropped on this socket. */
  drops: number;
}

/**
 * One uevent socket (the kernel's group or udevd's). If a listener dies, the port opens a new one and reports the loss
 * `listener-restarted`.
 */
export interface UeventPort {
  /** Starts delivery. Batches come in order; the callback is never called after stop(). */
  start(onBatch: (batch: UeventBatch) => void): void;
  /** Asks for a batch that carries `token` once the socket has been read to EAGAIN. */
  drain(token: number): void;
  info(): ListenerInfo;
  stop(): void;
}

/** A map to be made. The UUID must not exist yet. */
export interface CreateRequest {
  name: string;
  uuid: string;
  sizeSectors: number;
  readOnly: boolean;
  /** Parameters of the multipath target. */
  params: string;
  /** If absent, the map is a plain map. */
  udev?: UdevHints;
}

export interface ReloadRequest {
  uuid: string;
  sizeSectors: number;
  readOnly: boolean;
  params: string;
  /** True: also if the kernel refuses the table, the map does not stay suspended. */
  resume?: boolean;
  udev?: UdevHints;
}

/** device-mapper. Every command but `readByDevt` addresses the device by UUID. */
export interface DeviceMapperPort {
  /**
   * All devices. If the port's last answer was the listing `since`, the port may answer with the changes since then.
   */
  list(since: number | null): Promise<Reading<DmListing>>;
  read(uuid: string): Promise<Reading<MapFacts>>;
  /** For a dm device of which mpathd knows only the number (kernel uevents carry no UUID). */
  readByDevt(devt: DevT): Promise<Reading<MapFacts>>;
  create(request: CreateRequest): Promise<Reading<MapFacts>>;
  /** Loads the table and resumes with it (noflush, no lockfs): the map keeps queued I/O. */
  reload(request: ReloadRequest): Promise<Reading<MapFacts>>;
  rename(uuid: string, newName: string, skipKpartx?: boolean): Promise<Reading<null>>;
  /** Fails with EBUSY if the map is open. */
  remove(uuid: string): Promise<Reading<null>>;
  /** `fail_path 8:0`, `reinstate_path 8:0`, `queue_if_no_path`, … */
  message(uuid: string, message: string): Promise<Reading<null>>;
  /**
   * Calls back whenever the global dm event number moved. The callback has no data, because the kernel has no queue of
   * events.
   */
  startEvents(onEvent: () => void): void;
  stop(): void;
}

export interface CheckRequest extends DiskAddress {
  method: Checker;
  /** The page that the disk is to give besides; null: it has none by which it says which LUN it is. */
  identity: IdentityCopy | null;
  timeoutMs: number;
}

/** Disks: sysfs, the udev database, SCSI. */
export interface BlockPort {
  /**
   * Reads a disk by kernel name, or by dev_t (`8:0`) if a table names only the number; ENOENT if there is no such disk.
   */
  read(name: string): Promise<Reading<BlockFacts>>;
  /** All disks that can be paths by their names, with as few reads as possible. */
  list(): Promise<Reading<DiskEntry[]>>;
  check(request: CheckRequest): Promise<CheckOutcome>;
  /**
   * Sends any SCSI command to a disk. Every answer of the disk is a value, also a refusal. The reading fails if the
   * command could not be sent (operation `SG_IO`, the failed step as the detail). The promise rejects if the question
   * has a wrong form.
   */
  scsi(question: ScsiQuestion): Promise<Reading<ScsiAnswer>>;
  /** Has the kernel read a SCSI disk's identity anew into its copies, and udev make its record anew. */
  rescan(disk: DiskAddress): Promise<Reading<null>>;
}

export interface ClockPort {
  /** Milliseconds, monotonic. */
  now(): number;
  /**
   * Calls back at or after `at`, which has the time base of now(). A later call of wakeAt() replaces an earlier one.
   */
  wakeAt(at: number, callback: () => void): void;
  stop(): void;
}

/** A kernel, real or simulated. */
export interface KernelPorts {
  kernelUevents: UeventPort;
  /** null if the machine has no udev. */
  udevUevents: UeventPort | null;
  deviceMapper: DeviceMapperPort;
  blocks: BlockPort;
  snapshot(): Promise<KernelSnapshot>;
  /** Names the udev properties that hold a WWID by the configuration. Readings from now on have their values. */
  useProperties(names: ReadonlySet<string>): void;
  /** Asks the kernel for a synthetic uevent with this UUID (docs/design.md, "The resync"). */
  fence(uuid: string): Promise<Reading<null>>;
  clock: ClockPort;
}
