import type { DevT, DiskSeq } from './identity';

/** One uevent, from the kernel's own group or sent on by udevd. It is untrusted until it is parsed. */
export interface Uevent {
  source: 'kernel' | 'udev';
  action: string;
  /** Below `/sys`: `/devices/virtual/block/dm-0`. */
  devpath: string;
  subsystem: string;
  /** `disk`, `partition`, … or null. */
  devtype: string | null;
  /** Kernel name: the last component of the devpath, `sda`. */
  name: string;
  devt: DevT | null;
  diskseq: DiskSeq;
  /**
   * The kernel has one counter for all its uevents (lib/kobject_uevent.c). Numbers can be missing, and events can
   * arrive in another order.
   */
  seqnum: number;
  /**
   * Set if a program caused the event by a write to a `uevent` file: then the event is only a hint. `"0"` if the
   * program gave no UUID.
   */
  synthUuid: string | null;
  /** All variables, also those of the fields above. */
  env: Record<string, string>;
}

/** Why events may be missing (docs/design.md, "Loss is noticed"). */
export type LossCause =
  | 'overrun' // ENOBUFS on the socket
  | 'drops' // SO_MEMINFO's drop counter rose
  | 'truncated' // MSG_TRUNC
  | 'malformed' // a message of the kernel's that cannot be read
  | 'queue-full' // the native queue towards JavaScript was full
  | 'listener-restarted'
  | 'fence-lost' // a synthetic uevent of ours did not come back
  | 'gap' // a look after a hole in SEQNUM found a device changed that no event told of
  | 'requested'; // an administrator asked for a resync

/**
 * The numbers (SEQNUM) of events that have not come: their count, the first and the last. This is a hint and no loss.
 */
export interface SeqnumGap {
  count: number;
  from: number;
  to: number;
}

/** A batch that the listener hands over. */
export interface UeventBatch {
  events: Uevent[];
  /** Losses noticed since the last batch; empty if there was none. */
  losses: Array<{ cause: LossCause; count: number }>;
  /** Messages refused because they did not come from the kernel (or from udevd as root). */
  refused: number;
  /** Only for the kernel's group, at most once a second; absent if no number is missing. */
  gap?: SeqnumGap;
  /**
   * Tokens of answered {@link drain} requests: all events that were queued before the request are in this or earlier
   * batches.
   */
  drained: Array<{ token: number; drops: number }>;
}
