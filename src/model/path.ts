import type { BlockFacts, Checker } from './facts';
import type { Failure } from './failure';
import { type DevT, type DiskAddress, type DiskSeq, pathKey, type PathKey, type Wwid } from './identity';
import type { PathReason } from './pathReason';
import type { Ms, Seq } from './units';

/** Path states, with the names of multipath-tools' checkers. */
export type CheckState = 'unchecked' | 'up' | 'down' | 'ghost' | 'pending' | 'timeout' | 'removed';

/** How far a path's identity is known (wildcard `%I`). */
export type PathInit =
  /** Seen by an event or a listing; its facts are being read. */
  | 'new'
  /** The facts are read and udev's record is missing: the path waits for the record until a deadline. */
  | 'udev-missing'
  /** The WWID is known. */
  | 'ok'
  /** No source has a WWID. */
  | 'failed'
  /** The disk will not be multipathed: {@link Path.reason} says why. */
  | 'excluded';

/** The priority of a path that no prioritizer has judged. */
export const NO_PRIORITY = -1;

/** One path: a whole disk that leads to a LUN. Its key is dev_t and diskseq, never the name. */
export interface Path {
  readonly key: PathKey;
  readonly devt: DevT;
  readonly diskseq: DiskSeq;
  /** Kernel name, an attribute. */
  name: string;
  /** The last complete reading; null until the first. */
  facts: BlockFacts | null;
  init: PathInit;
  wwid: Wwid | null;
  wwidSource: 'udev' | 'sysfs' | null;
  /** True if a rule of the blacklist keeps the path out: {@link reason} says which rule. The path leaves its map. */
  blacklisted: boolean;
  /** Why the path is excluded, held out of its map or unidentified; null if none of these holds. */
  reason: PathReason | null;
  /** Kept out of its map although identified (size or WWID changed under it). */
  leftOutByReload: boolean;
  /** The UUID of the map whose live table in the kernel holds the path; null: the path is an orphan. */
  map: string | null;
  /** The state of the path in this map, by dm. */
  dmState: 'active' | 'failed' | 'undef';
  check: {
    state: CheckState;
    message: string;
    method: Checker;
    /** Engine time, ms. */
    lastAt: Ms | null;
    nextAt: Ms;
    intervalMs: Ms;
    inFlight: boolean;
    /** Input number at which the running or last check began. */
    begunAt: Seq;
    /** Engine time, ms, of the same moment. */
    begunTime: Ms;
    /** The number of times that the path went down since it is known (wildcard `%0`). */
    failures: number;
  };
  /** The priority by the prioritizer, or {@link NO_PRIORITY}. */
  priority: number;
  /** Set while the last reading has failed: the entry is kept and read again. */
  stale: Stale | null;
  /** True if udev's record is known to be about this very disk, and not about an earlier disk with its dev_t. */
  udevTrusted: boolean;
  /** True if the engine does not wait for udev's record any more. */
  udevOverdue: boolean;
  /** The WWIDs of both sources when the path was identified. A later change of `sysfs` is a changed LUN. */
  identifiedBy: { udev: Wwid | null; sysfs: Wwid | null } | null;
  /** Input number at which the path entered the table. */
  enteredAt: Seq;
  /** Engine time, ms, at which the path entered the table. */
  enteredTime: Ms;
  /** Input number of the question whose answer is the newest applied reading. */
  known: Seq;
  /** Engine time, ms, at which this reading arrived; null: there is none yet. */
  readAt: Ms | null;
  /**
   * Input number at which an answer last showed that the path exists. Only an answer to a later question can deny this.
   */
  seenAt: Seq;
  /**
   * Input number of the newest event about this path. A reading that was asked for earlier may be older than the event.
   */
  eventAt: Seq;
  /** Input number of the newest failure reported by dm. A check that began earlier does not refute it. */
  failedAt: Seq;
  /** Failures by dm soon after the path was reinstated (engine/health/flapping.ts). A change replaces the record. */
  flapping: {
    /** The number of such failures in a row. */
    times: number;
    /** Engine time, ms, of the path's last reinstatement; null: none. */
    revivedAt: Ms | null;
    /** Engine time, ms, before which the path is not reinstated. */
    restsUntil: Ms;
  };
  /**
   * Input number of the newest check that found the path usable. It is kept until the path's identity is proved after
   * this check.
   */
  upAt: Seq;
  /**
   * The LUN to which a SCSI disk leads by its own answer. sysfs has only the kernel's copy of such an answer
   * (engine/health/lunIdentity.ts).
   */
  live: {
    /** Input number at which the kernel's copy last changed. */
    copiedAt: Seq;
    /** Input number of the newest sign that another LUN may be behind the path; 0: there was none. */
    doubtedAt: Seq;
    /** Input number of the newest question to which the disk gave the same identity as the copy; 0: there is none. */
    provedAt: Seq;
    /** Engine time, ms, at which the newest check began that proved the LUN; null: none has. */
    provedTime: Ms | null;
    /** Engine time, ms, of the disk's newest answer, whatever the answer was. */
    answeredTime: Ms;
    /** The WWID of the LUN to which the path leads, if it is not the copy's; null: no such LUN is known. */
    otherWwid: string | null;
    /** True if the disk did not answer the newest question. */
    unanswered: boolean;
  };
  /**
   * The name of the LUN in the array's own page (wildcard `%g`). `asked`: the input number of the question; 0: no
   * question was answered.
   */
  vendorPage: { name: string | null; asked: Seq };
  /**
   * What the disk answered last to its prioritizer's question (policy/diskQuestions.ts), put at input `asked`; `text`
   * null: it gave no answer. null: it was not asked.
   */
  priorityAnswer: { question: string; text: string | null; asked: Seq } | null;
}

/**
 * The state of an entry whose last reading failed: the entry is kept, shown, and read again (docs/design.md, "Nothing
 * is removed but on evidence of absence").
 */
export interface Stale {
  failure: Failure;
  /** Engine time, ms, of the first failure in a row. */
  since: Ms;
  attempts: number;
  retryAt: Ms;
}

/** The entry of a disk of which only its existence is known; `at`: the input that told so, and the checkers' pace. */
export function newPath({ name, devt, diskseq }: DiskAddress, at: { seq: Seq; now: Ms; intervalMs: Ms }): Path {
  return {
    key: pathKey(devt, diskseq),
    devt,
    diskseq,
    name,
    facts: null,
    init: 'new',
    wwid: null,
    wwidSource: null,
    blacklisted: false,
    reason: null,
    leftOutByReload: false,
    map: null,
    dmState: 'undef',
    check: {
      state: 'unchecked',
      message: 'not checked yet',
      method: 'none',
      lastAt: null,
      nextAt: at.now,
      intervalMs: at.intervalMs,
      inFlight: false,
      begunAt: 0,
      begunTime: at.now,
      failures: 0,
    },
    priority: NO_PRIORITY,
    priorityAnswer: null,
    stale: null,
    udevTrusted: true,
    udevOverdue: false,
    identifiedBy: null,
    enteredAt: at.seq,
    enteredTime: at.now,
    known: 0,
    readAt: null,
    seenAt: 0,
    eventAt: at.seq,
    failedAt: 0,
    flapping: { times: 0, revivedAt: null, restsUntil: 0 },
    upAt: 0,
    live: {
      copiedAt: 0,
      doubtedAt: 0,
      provedAt: 0,
      provedTime: null,
      answeredTime: 0,
      otherWwid: null,
      unanswered: false,
    },
    vendorPage: { name: null, asked: 0 },
  };
}

/** True for the states of a path that can take I/O. */
export function isUsable(state: CheckState): boolean {
  return state === 'up' || state === 'ghost';
}

/** I/O by it fails too often to be relied on, and goes there last. Nothing finds that out yet. */
export function isMarginalPath(_path: Readonly<Path>): boolean {
  return false;
}
