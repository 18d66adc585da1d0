import type { BlockFacts, Checker } from './facts';
import type { Failure } from './failure';
import type { DevT, DiskSeq, PathKey, Wwid } from './identity';
import type { PathReason } from './pathReason';
import type { Ms, Seq } from './units';

/** Path states, by the names of multipath-tools' checkers. */
export type CheckState = 'unchecked' | 'up' | 'down' | 'ghost' | 'pending' | 'timeout' | 'removed';

/** How far a path's identity is known (wildcard `%I`). */
export type PathInit =
  /** Seen by an event or a listing; its facts are being read. */
  | 'new'
  /** Facts are there, udev's record is not: waiting for it until a deadline. */
  | 'udev-missing'
  /** WWID known. */
  | 'ok'
  /** No WWID could be had. */
  | 'failed'
  /** Will not be multipathed: {@link Path.reason} says why. */
  | 'excluded';

/** One path: a whole disk that leads to a LUN. Keyed by dev_t and diskseq, never by name. */
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
  /** A rule of the blacklist keeps it out: {@link reason} says which. It leaves a map that it is in. */
  blacklisted: boolean;
  /** Why it is excluded, held out of its map or unidentified; null when nothing is wrong. */
  reason: PathReason | null;
  /** Kept out of its map although identified (size or WWID changed under it). */
  leftOutByReload: boolean;
  /** The UUID of the map whose live table in the kernel holds it; null: orphan. */
  map: string | null;
  /** What dm says of it in that map. */
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
    /** Input number at which the running or last check was begun. */
    begunAt: Seq;
    /** Down transitions since the path is known (wildcard `%0`). */
    failures: number;
  };
  /** What the prioritizer says; -1: undefined. */
  priority: number;
  /** Set while the last reading failed: the entry is kept and read again. */
  stale: Stale | null;
  /** Whether udev's record is known to be about this very disk, not about an earlier one with its dev_t. */
  udevTrusted: boolean;
  /** Whether udev's record is waited for no longer. */
  udevOverdue: boolean;
  /** The WWIDs by either source when the path was identified: a later change of `sysfs` is a changed LUN. */
  identifiedBy: { udev: Wwid | null; sysfs: Wwid | null } | null;
  /** Input number at which it entered the table. */
  enteredAt: Seq;
  /** Engine time, ms, of that. */
  enteredTime: Ms;
  /** Input number at which the newest applied reading was asked for. */
  known: Seq;
  /** Engine time, ms, at which it arrived; null: none yet. */
  readAt: Ms | null;
  /** Input number at which an answer last showed it to be there: only what was asked for later can deny it. */
  seenAt: Seq;
  /** Input number of the newest event about this path: readings asked for earlier may be behind it. */
  eventAt: Seq;
  /** Input number of the newest failure reported by dm: a check begun earlier does not refute it. */
  failedAt: Seq;
  /** Failures by dm soon after it was reinstated (engine/health/flapping.ts). */
  flapping: {
    /** How many in a row. */
    times: number;
    /** Engine time, ms, of its last reinstatement; null: none. */
    revivedAt: Ms | null;
    /** Engine time, ms, before which it is not reinstated. */
    restsUntil: Ms;
  };
  /** Input number of the newest check that found it usable, until its identity was proved afterwards. */
  upAt: Seq;
  /**
   * Whom a SCSI disk itself says that it leads to: sysfs has the kernel's copy of that (engine/health/lunIdentity.ts).
   */
  live: {
    /** Input number since which the copy is as it is. */
    copiedAt: Seq;
    /** Input number of the newest sign that another LUN may be behind it; 0: none yet. */
    doubtedAt: Seq;
    /** Input number at which that was asked to which it answered as the copy says; 0: never. */
    provedAt: Seq;
    /** Engine time, ms, of its newest answer, whatever it was. */
    answeredTime: Ms;
    /** The WWID of the LUN that it leads to instead of the copy's; null: none is known of. */
    otherWwid: string | null;
    /** The newest question has no answer. */
    unanswered: boolean;
  };
  /**
   * What the array's own page calls the LUN (wildcard `%g`); `asked`: the input number of that question, 0: none was
   * answered.
   */
  vendorPage: { name: string | null; asked: Seq };
  /**
   * What the disk answered last to its prioritizer's question (policy/diskQuestions.ts), put at input `asked`; `text`
   * null: it gave no answer. null: it was not asked.
   */
  priorityAnswer: { question: string; text: string | null; asked: Seq } | null;
}

/**
 * An entry whose last reading failed: it is kept, shown, and read again (docs/design.md, "Nothing is removed but on
 * evidence of absence").
 */
export interface Stale {
  failure: Failure;
  /** Engine time, ms, of the first failure in a row. */
  since: Ms;
  attempts: number;
  retryAt: Ms;
}

/** I/O may go by a path that a checker found so. */
export function isUsable(state: CheckState): boolean {
  return state === 'up' || state === 'ghost';
}
