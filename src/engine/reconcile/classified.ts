/** What is to become of a map's paths. */
import type { DevT } from '../../model/identity';
import type { Path } from '../../model/path';

export interface Classified {
  /** Paths of this LUN that are in the table. */
  members: Path[];
  /** Numbers in the table against which nothing speaks (yet). They stay as they are. */
  unknown: DevT[];
  /**
   * Numbers in the table that must leave: the disk is proved to be gone, was taken out by an administrator, is
   * blacklisted, or leads to another LUN. `stopIo`: no I/O may go there, not even until the number has left.
   */
  leaving: Array<{ devt: DevT; why: string; stopIo: boolean; blacklisted: boolean }>;
  /** Free paths of this LUN that are not in the table. */
  joining: Path[];
}
