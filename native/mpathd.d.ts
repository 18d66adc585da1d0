/**
 * The interface of the addon, one block per kernel interface. The addon has no policy: bytes, numbers and errnos go in
 * and out. Every call that can block returns a promise and runs on a thread of the addon's own (never libuv's). A promise
 * is rejected only for wrong arguments (programming errors). An error of the kernel comes back as a value with an
 * `errno` name.
 */

/** A failed system call: its errno by name (`ENOMEM`) and the step that failed. */
export interface NativeFailure {
  errno: string;
  step: string;
}
export type NativeResult<T> = ({ errno: null } & T) | NativeFailure;

// ---- uevents (native/uevent_*) -------------------------------------------------------------

export interface NativeUevent {
  action: string;
  devpath: string;
  subsystem: string;
  devtype: string | null;
  devt: string | null;
  diskseq: number | null;
  seqnum: number;
  synthUuid: string | null;
  /** All KEY=VALUE pairs, flattened: [k, v, k, v, …]. */
  env: string[];
}
export interface NativeBatch {
  events: NativeUevent[];
  overruns: number;
  dropped: number;
  truncated: number;
  malformed: number;
  queueFull: number;
  refused: number;
  /**
   * The SEQNUMs of events that have not come for a second (a hint, no loss): their count, the first and the last. At
   * most one batch a second has them.
   */
  missing: { count: number; from: number; to: number } | null;
  /** The errno that ended the listener: this is the last batch, and the caller can only call stop(). */
  failure: string | null;
  drained: Array<{ token: number; drops: number }>;
}
export interface NativeListenerInfo {
  requestedBufferBytes: number;
  grantedBufferBytes: number;
  scheduling: string;
  heartbeat: number;
  drops: number;
  queueBytes: number;
}
export interface NativeListener {
  drain(token: number): void;
  info(): NativeListenerInfo;
  stop(): void;
}
export interface ListenerOptions {
  /** Multicast group: 1 the kernel's, 2 udevd's. */
  group: 1 | 2;
  bufferBytes: number;
  /** 0: no realtime scheduling. */
  realtimePriority: number;
  /** Limit of the native queue towards JavaScript, in events. */
  queueLimit: number;
  /**
   * For tests only: accept messages that a privileged process injected through the kernel's unicast path (with
   * credentials that are not the kernel's). Default false.
   */
  acceptInjected?: boolean;
}
/** Throws an Error with `code` (errno name) and a message that says what to do. */
export function openUevents(options: ListenerOptions, onBatch: (batch: NativeBatch) => void): NativeListener;
/** The pure parser, for tests and fuzzing: null if the message is malformed. */
export function parseUevent(message: Buffer, group: 1 | 2): NativeUevent | null;

// ---- device-mapper (native/dm_*) -----------------------------------------------------------

export interface NativeDmEntry {
  name: string;
  uuid: string;
  devt: string;
  eventNr: number;
}
export interface NativeListing {
  number: number;
  since: number | null;
  devices: NativeDmEntry[];
  gone: string[];
}
export interface NativeTarget {
  start: number;
  length: number;
  type: string;
  table: string;
  status: string;
}
export interface NativeMap {
  uuid: string;
  name: string;
  devt: string;
  diskseq: number | null;
  eventNr: number;
  openCount: number;
  suspended: boolean;
  readOnly: boolean;
  hasLiveTable: boolean;
  hasInactiveTable: boolean;
  targets: NativeTarget[];
}
/**
 * A failed write. It has a cookie if udev already works on a part that succeeded (for example, the map was created but
 * could not be read back). The caller has to finish the cookie in this case, too.
 */
export interface NativeWriteFailure extends NativeFailure {
  cookie?: number;
}
export type NativeWritten<T> = ({ errno: null } & T) | NativeWriteFailure;
export function dmVersion(): Promise<NativeResult<{ version: [number, number, number] }>>;
/**
 * The version of a target type; the kernel loads the type's module if it can. EINVAL: no such type. ENOTTY: the kernel
 * cannot be asked.
 */
export function dmTargetVersion(type: string): Promise<NativeResult<{ version: [number, number, number] }>>;
/**
 * All devices, or the changes since the last listing if `since` is its number (null: the caller has none). The changes
 * are the devices that are new or differ, and the numbers (`gone`) that no device has any more.
 */
export function dmList(since: number | null): Promise<NativeResult<NativeListing>>;
/**
 * Reads a device by exactly one of uuid and devt. Table and status are of the live table, and of one moment. ESTALE,
 * step "identity": another device took its place during the reading. EAGAIN: its table changed all the time.
 */
export function dmRead(by: { uuid: string } | { devt: string }): Promise<NativeResult<{ map: NativeMap }>>;
/** The list, and a reading of every device whose UUID begins with the prefix: for each map a result or an errno. */
export function dmSnapshot(uuidPrefix: string): Promise<
  NativeResult<{
    devices: NativeDmEntry[];
    maps: Array<{ uuid: string; result: NativeResult<{ map: NativeMap }> }>;
  }>
>;
export interface NativeTable {
  uuid: string;
  sizeSectors: number;
  readOnly: boolean;
  targetType: string;
  params: string;
  udevFlags: number;
}
// The udev flags are the 16 bits of libdevmapper.h's DM_UDEV_...; the addon adds DM_UDEV_PRIMARY_SOURCE_FLAG. A cookie
// is an opaque number, 0 if there is nothing to finish. EINVAL, step "uuid", "name", "params" or "message": the
// argument is refused before any ioctl.
/**
 * Create + load + resume; if load or resume fails, the half-made device (and no other) is removed again. The caller has
 * to finish the udev cookie: see dmFinishCookie.
 */
export function dmCreate(
  request: NativeTable & { name: string },
): Promise<NativeWritten<{ map: NativeMap; cookie: number }>>;
/**
 * Load + suspend(noflush, skip lockfs) + resume. On failure the inactive table is cleared, and the map is resumed with
 * its live table: with `resume` in any case, else unless it was suspended before.
 */
export function dmReload(
  request: NativeTable & { resume?: boolean },
): Promise<NativeWritten<{ map: NativeMap; cookie: number }>>;
export function dmRename(uuid: string, newName: string, udevFlags: number): Promise<NativeWritten<{ cookie: number }>>;
export function dmRemove(uuid: string, udevFlags: number): Promise<NativeWritten<{ cookie: number }>>;
export function dmMessage(uuid: string, message: string): Promise<NativeResult<object>>;
/**
 * Does not block. True if udev has finished with the cookie (then its semaphore is destroyed), or if the semaphore is
 * gone.
 */
export function dmFinishCookie(cookie: number, evenIfPending: boolean): boolean;
/**
 * Destroys the udev cookies of dead daemons and returns their number. For use at the start, when no other daemon runs
 * and this process has made no cookie. Cookies of other programs are left alone.
 */
export function dmDestroyLeftCookies(): number;
export interface NativeDmEvents {
  stop(): void;
}
/**
 * A thread polls /dev/mapper/control, re-arms it (DM_DEV_ARM_POLL) and calls back; several events may give one call.
 * Throws an Error with `code` (errno name) and `step`; EOPNOTSUPP before interface 4.37.
 */
export function dmWatchEvents(onEvent: () => void): NativeDmEvents;

// ---- sysfs (native/sysfs_*) ----------------------------------------------------------------

export interface SysfsRequest {
  /** The directory to open first. Attributes are read relative to it, so all of them are of one device. */
  directory: string;
  /** An attribute that ends in `/` is a directory: its value is the names in it, each ended by a NUL. */
  attributes: string[];
}
export interface SysfsReading {
  errno: string | null;
  /** realpath of the directory, '' on errno. */
  realpath: string;
  /** For each attribute its bytes, or an errno name. A reading has at most 64 KiB. */
  values: Array<Buffer | string>;
}
/** Many attributes of many devices in one call. */
export function sysfsRead(requests: SysfsRequest[]): Promise<SysfsReading[]>;
/** Names in a directory; links and directories alike, without . and .. */
export function listDirectory(path: string): Promise<NativeResult<{ names: string[] }>>;

// ---- SCSI and reads (native/scsi_*, native/block_*) -----------------------------------------

export interface NativeDevice {
  node: string;
  devt: string;
  diskseq: number | null;
}
/** Bytes are hex text, two digits each, in either case. */
export type NativeScsiCommand = {
  /** The CDB: 6, 10, 12 or 16 bytes. */
  command: string;
  /** From 1 to 2^32-1. The kernel waits for at least 7 s, even if the value is less. */
  timeoutMs: number;
} & (
  | { direction: 'none' }
  /** Room for data from the device: from 1 to 65536 bytes. */
  | { direction: 'in'; length: number }
  /** Data to the device: from 1 to 65536 bytes. */
  | { direction: 'out'; data: string }
);
export interface NativeScsiAnswer {
  status: number;
  hostStatus: number;
  driverStatus: number;
  sense: string;
  data: string;
}
/**
 * Opens the node (for reading, whatever the command does), proves by fstat and BLKGETDISKSEQ that it is the device that
 * is meant (errno ESTALE, step "identity", if not), and sends the command by SG_IO. Sense and data are hex text, lower
 * case; `data` has the bytes that came. `second` is sent on the same open device right behind the command, if that worked
 * (status and host status 0); the answer has it then.
 */
export function scsiCommand(
  device: NativeDevice,
  command: NativeScsiCommand,
  second?: NativeScsiCommand,
): Promise<NativeResult<NativeScsiAnswer & { second?: NativeResult<NativeScsiAnswer> }>>;
/**
 * One O_DIRECT read of the device's logical block size at 0, after the same proof of identity. `second` is sent behind a
 * read that worked, as behind a command.
 */
export function directRead(
  device: NativeDevice,
  second?: NativeScsiCommand,
): Promise<NativeResult<{ bytes: number; second?: NativeResult<NativeScsiAnswer> }>>;
/**
 * Has the kernel read the identity of a SCSI disk anew (`device/rescan` in its sysfs directory), and then udevd
 * (`uevent`). ESTALE, step "identity": the directory belongs to another disk.
 */
export function rescanDisk(disk: {
  directory: string;
  devt: string;
  diskseq: number | null;
}): Promise<NativeResult<object>>;

// ---- process (native/process_*) --------------------------------------------------------------

/** Sends to an address as in $NOTIFY_SOCKET (a path or @abstract). Returns an errno name or null. */
export function sdNotify(address: string, state: string): string | null;
/**
 * Reads the file-backed mappings of /proc/self/maps into memory and locks them, on a thread of the file lane. Why not
 * mlockall: docs/decisions/0003-no-mlockall.md.
 */
export function lockFileMappings(): Promise<{ lockedBytes: number; failures: number }>;
/** Takes an exclusive fcntl write lock on a file, as libmultipath does; EAGAIN if another process holds a lock. */
export function tryFileLock(fd: number): string | null;
/** PR_SET_NO_NEW_PRIVS for the calling thread and for what it starts from now on. Returns an errno name or null. */
export function noNewPrivileges(): string | null;
/**
 * Prepares the end: a thread that can end the process whatever the others do. Called once. `lockFd`: the descriptor of
 * the pid file. Returns an errno name or null.
 */
export function prepareEnd(lockFd: number | null): string | null;
/** Ends the process at the latest `ms` from now, also if the event loop never runs again. The earliest end counts. */
export function endWithin(code: number, ms: number): void;
/**
 * Gives up the lock of the pid file and every Unix socket but those of the standard streams, so that a successor can
 * start and clients learn at once that nobody answers. The process can only end after this.
 */
export function releaseToSuccessor(): void;
/** Releases, and ends the process at once, by _exit(2): no thread that hangs is waited for. */
export function exitNow(code: number): never;

// ---- lanes (native/lanes.h) --------------------------------------------------------------------

/** The threads for one kind of calls. */
export interface LaneInfo {
  name: 'reading' | 'write' | 'disk' | 'file' | 'fence' | 'log';
  threads: number;
  /** Calls under way. */
  busy: number;
  /** Calls that wait for a thread. */
  queued: number;
  /** The largest number of threads. */
  limit: number;
  /** Calls since the start that had to wait for a thread. */
  waited: number;
  /** Threads since the start that the system refused to make, and the errno of the last refusal. */
  refusedThreads: number;
  refusal: string | null;
  /** How long the oldest call under way has run, ms. */
  oldestMs: number;
}
/** All lanes: for status, the log and tests. */
export function laneInfo(): LaneInfo[];

// ---- files (native/file_*) ---------------------------------------------------------------------

/** What is known of a file. `device` and `inode` are decimal numbers of 64 bits. */
export interface NativeFileStatus {
  kind: 'file' | 'directory' | 'link' | 'pipe' | 'socket' | 'block' | 'character';
  mode: number;
  size: number;
  uid: number;
  device: string;
  inode: string;
}
/** A call on a file, by the name of its system call. Names are text, or bytes that need not be UTF-8. */
export type NativeFileCall =
  | { call: 'open'; path: string | Buffer; flags: number; mode?: number }
  | { call: 'close' | 'fsync' | 'fstat'; fd: number }
  /** At most 16 MiB. Without `position`, at the descriptor's own. */
  | { call: 'read'; fd: number; length: number; position?: number }
  /** Writes everything; waits for room if the descriptor does not block. */
  | { call: 'write'; fd: number; bytes: Buffer; position?: number }
  | { call: 'ftruncate'; fd: number; length: number }
  | { call: 'stat' | 'lstat' | 'realpath' | 'readlink' | 'readdir' | 'unlink'; path: string | Buffer }
  | { call: 'mkdir'; path: string | Buffer; mode: number }
  | { call: 'rename' | 'link'; path: string | Buffer; target: string | Buffer };
/**
 * `number`: of open (the descriptor, closed at exec) and write (the bytes). `bytes`: of read, realpath, readlink and readdir
 * (names, each ended by a NUL). `status`: of the three that end in "stat".
 */
export type NativeFileAnswer =
  | { errno: string }
  | { errno: null; number?: number; bytes?: Buffer; status?: NativeFileStatus };
/** Waits as long as the file system does, on a thread of the lane. */
export function fileCall(lane: 'file' | 'fence' | 'log', request: NativeFileCall): Promise<NativeFileAnswer>;

// ---- the socket (native/ipc_*) -----------------------------------------------------------------

/**
 * A listening stream socket on `@name` (an abstract name) or on a path. An abstract address is no longer than the name;
 * Node 20 itself binds the whole of sun_path. The caller owns the fd and passes it to acceptClients().
 */
export function listenOn(address: string, backlog: number): NativeResult<{ fd: number }>;
/** A stream socket connected to an abstract name. Never waits: EAGAIN if the listener's backlog is full. */
export function connectAbstract(name: string): NativeResult<{ fd: number }>;
/**
 * The process that connected; of a socket that is connected from here, the process that listens there (SO_PEERCRED).
 * null: the kernel does not say. `pid` is 0 for a process outside of this pid namespace.
 */
export function peerOf(fd: number): { uid: number; pid: number } | null;
/** A client whose connection was accepted; the receiver owns the fd. `uid` is null if the kernel does not say. */
export interface NativeClient {
  fd: number;
  uid: number | null;
}
export interface NativeClientWatch {
  /** Goes on after a failure. */
  resume(): void;
  /** Closes the listening socket. No callback comes any more. */
  stop(): void;
}
/**
 * Takes over a listening socket and hands over its clients, at most `most` in one turn of the event loop. With an errno
 * (EMFILE) it accepts no more until resume(). Throws an Error with `code` if libuv cannot watch the descriptor, which is
 * then closed.
 */
export function acceptClients(
  fd: number,
  most: number,
  onClients: (clients: NativeClient[], errno: string | null) => void,
): NativeClientWatch;
/** Sends a short reply as far as the socket takes it at once, and closes the socket. */
export function refuseClient(fd: number, reply: Buffer): void;
