import type { DevT, DiskSeq } from './identity';

/** One uevent, from the kernel's own group or passed on by udevd. Untrusted until parsed. */
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
   * One counter for the whole kernel (lib/kobject_uevent.c). Numbers can be missing, and delivery can be in another
   * order.
   */
  seqnum: number;
  /** Set if somebody wrote to an `uevent` file: then the event is only a hint. `"0"` without a UUID. */
  synthUuid: string | null;
  /** All variables, those above included. */
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

/** Numbers (SEQNUM) that went to events which have not come, how many and from where to where: a hint, no loss. */
export interface SeqnumGap {
  count: number;
  from: number;
  to: number;
}

/** What the listener hands over at once. */
export interface UeventBatch {
  events: Uevent[];
  /** Losses noticed since the last batch; empty when there were none. */
  losses: Array<{ cause: LossCause; count: number }>;
  /** Messages refused because they did not come from the kernel (or from udevd as root). */
  refused: number;
  /** Of the kernel's group, once a second at most; not there if there is none. */
  gap?: SeqnumGap;
  /** Tokens of {@link drain} requests that are done: all that was queued before is in this or earlier batches. */
  drained: Array<{ token: number; drops: number }>;
}
