/**
 * The ports: everything the daemon may ask of a kernel. `src/kernel` implements them over the
 * real one, `src/simulator` over a simulated one. Nothing here blocks; nothing here throws for
 * what a kernel answers: failures come back as values.
 */
import type {
  BlockFacts,
  Checker,
  CheckOutcome,
  DiskEntry,
  DmListing,
  KernelSnapshot,
  MapFacts,
  UdevHints,
} from '../model/facts';
import type { Reading } from '../model/failure';
import type { DevT, DiskAddress } from '../model/identity';
import type { ScsiAnswer, ScsiQuestion } from '../model/scsi';
import type { UeventBatch } from '../model/uevent';

/** How the uevent socket was really set up; shown in `status`. */
export interface ListenerInfo {
  requestedBufferBytes: number;
  /** As read back: the kernel doubles what it grants. */
  grantedBufferBytes: number;
  /** `SCHED_RR:10`, or why not. */
  scheduling: string;
  /** Moves while the thread lives; for the watchdog. */
  heartbeat: number;
  /** SO_MEMINFO: messages the kernel dropped on this socket. */
  drops: number;
}

/**
 * One uevent socket (the kernel's group or udevd's). A listener that dies is opened anew, which is
 * told as the loss `listener-restarted`.
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
  /** Without: it is a plain map. */
  udev?: UdevHints;
}

export interface ReloadRequest {
  uuid: string;
  sizeSectors: number;
  readOnly: boolean;
  params: string;
  udev?: UdevHints;
}

/** device-mapper. Every command but `readByDevt` addresses the device by UUID. */
export interface DeviceMapperPort {
  /** All devices. If the last answer was the listing `since`, what has changed from that one to now is enough. */
  list(since: number | null): Promise<Reading<DmListing>>;
  read(uuid: string): Promise<Reading<MapFacts>>;
  /** For a dm device of which only the number is known (kernel uevents carry no UUID). */
  readByDevt(devt: DevT): Promise<Reading<MapFacts>>;
  create(request: CreateRequest): Promise<Reading<MapFacts>>;
  /** Loads the table and resumes with it (noflush, no lockfs): queued I/O is kept. */
  reload(request: ReloadRequest): Promise<Reading<MapFacts>>;
  rename(uuid: string, newName: string, skipKpartx?: boolean): Promise<Reading<null>>;
  /** Fails with EBUSY if the map is open. */
  remove(uuid: string): Promise<Reading<null>>;
  /** `fail_path 8:0`, `reinstate_path 8:0`, `queue_if_no_path`, … */
  message(uuid: string, message: string): Promise<Reading<null>>;
  /** Calls back (with no data: it has no queue) whenever the global dm event number moved. */
  startEvents(onEvent: () => void): void;
  stop(): void;
}

export interface CheckRequest extends DiskAddress {
  method: Checker;
  timeoutMs: number;
}

/** Disks: sysfs, the udev database, SCSI. */
export interface BlockPort {
  /** One disk by kernel name, or by dev_t (`8:0`) where a table names only that; ENOENT if there is none. */
  read(name: string): Promise<Reading<BlockFacts>>;
  /** All disks that can be paths by their names, at the least cost. */
  list(): Promise<Reading<DiskEntry[]>>;
  check(request: CheckRequest): Promise<CheckOutcome>;
  /**
   * Any SCSI command to a disk. Whatever the disk has answered is an answer, a refusal too; it failed if the command
   * could not be sent (operation `SG_IO`, the failed step as the detail). Rejects if the question is wrong by its form.
   */
  scsi(question: ScsiQuestion): Promise<Reading<ScsiAnswer>>;
  /** Has the kernel make its copies anew of what a SCSI disk says of itself, and udev its record. */
  rescan(disk: DiskAddress): Promise<Reading<null>>;
}

export interface ClockPort {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Calls back at or after `at` (same time base); a later call replaces an earlier one. */
  wakeAt(at: number, callback: () => void): void;
  stop(): void;
}

/** A kernel, real or simulated. */
export interface KernelPorts {
  kernelUevents: UeventPort;
  /** null where there is no udev to listen to. */
  udevUevents: UeventPort | null;
  deviceMapper: DeviceMapperPort;
  blocks: BlockPort;
  snapshot(): Promise<KernelSnapshot>;
  /** udev properties that hold a WWID by the configuration: readings from now on have their values. */
  useProperties(names: ReadonlySet<string>): void;
  /** Asks the kernel for a synthetic uevent with this UUID (docs/design.md, "The resync"). */
  fence(uuid: string): Promise<Reading<null>>;
  clock: ClockPort;
}
