/**
 * What goes into the engine and what comes out of it: plain JSON-safe data, so that a recorded
 * list of inputs replays.
 */
import type { Binding, DmName } from '../config/bindings';
import type { Configuration } from '../config/configuration';
import type {
  BlockFacts,
  Checker,
  CheckOutcome,
  DiskEntry,
  DmListEntry,
  DmListing,
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

/** A change asked for by an administrator through the socket. `show` commands never come here. */
export type AdminCommand =
  | { kind: 'add-path'; path: string }
  | { kind: 'del-path'; path: string }
  | { kind: 'add-map'; map: string }
  | { kind: 'del-map'; map: string }
  /** Of one map, or of all (null): no longer, whatever is configured; and as configured again. */
  | { kind: 'disable-queueing'; map: string | null }
  | { kind: 'restore-queueing'; map: string | null }
  /** Whether maps go on queueing when the daemon stops: in any case; and as configured again. */
  | { kind: 'force-daemon-queueing' }
  | { kind: 'restore-daemon-queueing' }
  | { kind: 'resync' }
  /** `all`: maps that come out the same are loaded anew, too. */
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
  /** `nativeNvme`: the kernel multipaths NVMe itself. */
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
  /** By the disk's own word (policy/diskQuestions.ts). */
  | { type: 'disk-answered'; question: DiskQuestion; asked: Seq; path: PathKey; reading: Reading<string> }
  | { type: 'rescan-done'; path: PathKey; reading: Reading<null> }
  | { type: 'operation-done'; id: number; uuid: string; reading: Reading<MapFacts | null> }
  | { type: 'alias-bound'; id: number; wwid: Wwid; reading: Reading<{ alias: string | null; bindings: Binding[] }> }
  /** All files for the `reconfigure` of this number. A configuration that cannot be used is a failure. */
  | {
      type: 'configuration-read';
      request: number;
      all: boolean;
      configuration: Reading<Configuration>;
      bindings: Reading<Binding[]>;
      wwids: Reading<Wwid[]>;
    }
  /** `true`: the wwids file did not have it before. */
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
  /** `since`: the listing whose changes are enough, by its number. */
  | { type: 'list-maps'; asked: Seq; since: number | null }
  /** Maps, then disks, by name and number only. */
  | { type: 'list-devices'; asked: Seq }
  | { type: 'read-map'; asked: Seq; by: { uuid: string } | { devt: DevT } }
  | { type: 'read-block'; asked: Seq; name: string }
  | { type: 'check'; path: PathKey; name: string; devt: DevT; diskseq: DiskSeq; method: Checker; timeoutMs: Ms }
  /** SCSI commands to a disk; `timeoutMs`: of each. */
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
  /** The kernel is to ask a disk again who it is. */
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
      udev: UdevHints;
    }
  | { type: 'rename-map'; id: number; uuid: string; to: string; skipKpartx: boolean }
  | { type: 'remove-map'; id: number; uuid: string }
  | { type: 'message-map'; id: number; uuid: string; message: string }
  /** Take the lock, read the file, choose (see chooseAlias), write atomically if that added a line. */
  | {
      type: 'bind-alias';
      id: number;
      wwid: Wwid;
      currentName: string | null;
      prefix: string;
      configured: readonly Binding[];
      dmNames: DmName[];
    }
  /** The wwids file is to have it. */
  | { type: 'record-wwid'; wwid: Wwid }
  /** The configuration with the bindings and wwids files, for the `reconfigure` of this number. */
  | { type: 'read-configuration'; request: number; all: boolean }
  | { type: 'reply'; request: number; result: AdminResult }
  | { type: 'log'; level: LogLevel; message: string; device?: string }
  | { type: 'ready' }
  /** Another configuration is in force. */
  | { type: 'configured' }
  /** The answer to `stop`: nothing is left to be done. */
  | { type: 'stopped' }
  /** A fault of the engine's own, each kind told once (engine/invariants.ts). */
  | { type: 'invariant-broken'; invariant: Invariant; detail: string };

/** syslog's levels, the ones in use. */
export type LogLevel = 'error' | 'warning' | 'notice' | 'info' | 'debug';

/** What must hold after every step (invariants.ts). */
export type Invariant = 'path-in-one-map' | 'own-lun-only' | 'stale-has-retry' | 'membership-agrees' | 'bounded';
