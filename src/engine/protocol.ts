/** The inputs and effects of the engine. They are plain JSON-safe data, so that a recorded list of inputs replays. */
import type { Binding, DmName } from '../config/bindings';
import type { Configuration } from '../config/configuration';
import type {
  BlockFacts,
  Checker,
  CheckOutcome,
  DiskEntry,
  DmListEntry,
  DmListing,
  IdentityCopy,
  KernelSnapshot,
  MapFacts,
  UdevHints,
} from '../model/facts';
import type { Failure, Reading } from '../model/failure';
import type { DevT, DiskSeq, PathKey, Wwid } from '../model/identity';
import type { TransportHint } from '../model/transportHint';
import type { UeventBatch } from '../model/uevent';
import type { Ms, Seq } from '../model/units';
import type { DiskQuestion } from '../policy/diskQuestions';

/** A change that an administrator asks for through the socket. A `show` command never comes here. */
export type AdminCommand =
  | { kind: 'add-path'; path: string }
  | { kind: 'del-path'; path: string }
  | { kind: 'add-map'; map: string }
  | { kind: 'del-map'; map: string }
  /**
   * For one map, or for all maps (null): `disable` ends queueing whatever is configured, `restore` goes back to the
   * configuration.
   */
  | { kind: 'disable-queueing'; map: string | null }
  | { kind: 'restore-queueing'; map: string | null }
  /**
   * Whether maps go on queueing when the daemon stops: `force` means always, `restore` goes back to the configuration.
   */
  | { kind: 'force-daemon-queueing' }
  | { kind: 'restore-daemon-queueing' }
  | { kind: 'resync' }
  /** `all`: also loads each map anew whose table would be the same. */
  | { kind: 'reconfigure'; all?: boolean }
  | { kind: 'audit' };

/** One difference between the tables and a fresh snapshot of the kernel. */
export interface AuditDifference {
  device: string;
  field: string;
  tables: string;
  kernel: string;
}

/** The answer to an {@link AdminCommand}, in the terms of the socket protocol. */
export type AdminResult =
  | { outcome: 'ok' }
  | { outcome: 'text'; text: string }
  | { outcome: 'audit'; differences: AuditDifference[]; unknown: Failure[]; paths: number; maps: number }
  | { outcome: 'fail'; reason: 'not-found' | 'busy' | 'timeout' | 'other'; message: string };

export type InputBody =
  /** `nativeNvme`: the kernel itself multipaths NVMe. */
  | {
      type: 'start';
      configuration: Configuration;
      bindings: Reading<Binding[]>;
      wwids: Reading<Wwid[]>;
      udevPresent: boolean;
      nativeNvme: boolean;
    }
  | { type: 'uevents'; source: 'kernel' | 'udev'; batch: UeventBatch }
  | { type: 'dm-event' }
  | { type: 'dm-list'; asked: Seq; reading: Reading<DmListing> }
  | { type: 'map-read'; asked: Seq; by: { uuid: string } | { devt: DevT }; reading: Reading<MapFacts> }
  | { type: 'block-read'; asked: Seq; name: string; reading: Reading<BlockFacts> }
  | { type: 'snapshot'; asked: Seq; purpose: 'resync' | 'audit'; snapshot: KernelSnapshot }
  | { type: 'device-list'; asked: Seq; maps: Reading<DmListEntry[]>; disks: Reading<DiskEntry[]> }
  | { type: 'fence-written'; uuid: string; reading: Reading<null> }
  | { type: 'check-done'; path: PathKey; outcome: CheckOutcome }
  /** The disk's own answer (policy/diskQuestions.ts). */
  | { type: 'disk-answered'; question: DiskQuestion; asked: Seq; path: PathKey; reading: Reading<string> }
  | { type: 'rescan-done'; path: PathKey; reading: Reading<null> }
  | { type: 'operation-done'; id: number; uuid: string; reading: Reading<MapFacts | null> }
  | { type: 'alias-bound'; id: number; wwid: Wwid; reading: Reading<{ alias: string | null; bindings: Binding[] }> }
  /** All files for the `reconfigure` with this number. A configuration that cannot be used is a failure. */
  | {
      type: 'configuration-read';
      request: number;
      all: boolean;
      configuration: Reading<Configuration>;
      bindings: Reading<Binding[]>;
      wwids: Reading<Wwid[]>;
    }
  /** `true`: the WWID is new in the wwids file. */
  | { type: 'wwid-recorded'; wwid: Wwid; reading: Reading<boolean> }
  | { type: 'transport-hint'; hint: TransportHint }
  | { type: 'command'; request: number; command: AdminCommand }
  | { type: 'wake' }
  | { type: 'stop' };

/** An input with the time at which it arrived (ms, monotonic). */
export type Input = InputBody & { at: Ms };

export type Effect =
  | { type: 'drain'; token: number }
  | { type: 'fence'; uuid: string }
  | { type: 'snapshot'; asked: Seq; purpose: 'resync' | 'audit' }
  /** `since`: the number of a listing. The changes since that listing are enough for an answer. */
  | { type: 'list-maps'; asked: Seq; since: number | null }
  /** Lists maps, then disks, by name and number only. */
  | { type: 'list-devices'; asked: Seq }
  | { type: 'read-map'; asked: Seq; by: { uuid: string } | { devt: DevT } }
  | { type: 'read-block'; asked: Seq; name: string }
  /** `identity`: the page that the disk is to give besides; null: none. */
  | {
      type: 'check';
      path: PathKey;
      name: string;
      devt: DevT;
      diskseq: DiskSeq;
      method: Checker;
      timeoutMs: Ms;
      identity: IdentityCopy | null;
    }
  /** SCSI commands to a disk. `timeoutMs` holds for each command. */
  | {
      type: 'ask-disk';
      question: DiskQuestion;
      asked: Seq;
      path: PathKey;
      name: string;
      devt: DevT;
      diskseq: DiskSeq;
      timeoutMs: Ms;
    }
  /** Has the kernel ask a disk for its identity again. */
  | { type: 'rescan'; path: PathKey; name: string; devt: DevT; diskseq: DiskSeq }
  | {
      type: 'create-map';
      id: number;
      uuid: string;
      name: string;
      sizeSectors: number;
      readOnly: boolean;
      params: string;
      udev: UdevHints;
    }
  | {
      type: 'reload-map';
      id: number;
      uuid: string;
      sizeSectors: number;
      readOnly: boolean;
      params: string;
      resume?: boolean;
      udev: UdevHints;
    }
  | { type: 'rename-map'; id: number; uuid: string; to: string; skipKpartx: boolean }
  | { type: 'remove-map'; id: number; uuid: string }
  | { type: 'message-map'; id: number; uuid: string; message: string }
  /**
   * Take the lock, read the file, choose an alias (see chooseAlias). If this added a line, write the file atomically.
   */
  | {
      type: 'bind-alias';
      id: number;
      wwid: Wwid;
      currentName: string | null;
      prefix: string;
      configured: readonly Binding[];
      dmNames: DmName[];
    }
  /** Adds the WWID to the wwids file. */
  | { type: 'record-wwid'; wwid: Wwid }
  /** Reads the configuration with the bindings and wwids files, for the `reconfigure` with this number. */
  | { type: 'read-configuration'; request: number; all: boolean }
  | { type: 'reply'; request: number; result: AdminResult }
  | { type: 'log'; level: LogLevel; message: string; device?: string }
  | { type: 'ready' }
  /** Another configuration is in force. */
  | { type: 'configured' }
  /** The answer to `stop`: the engine has nothing left to do. */
  | { type: 'stopped' }
  /** A fault of the engine itself. Each kind is reported once (engine/invariants.ts). */
  | { type: 'invariant-broken'; invariant: Invariant; detail: string };

/** The levels of syslog that mpathd uses. */
export type LogLevel = 'error' | 'warning' | 'notice' | 'info' | 'debug';

/** Rules that hold after every step (invariants.ts). */
export type Invariant = 'path-in-one-map' | 'own-lun-only' | 'stale-has-retry' | 'membership-agrees' | 'bounded';
