/** The content of a multipath target's table and status lines (kernel: drivers/md/dm-mpath.c). */
import type { DevT } from './identity';

export interface TablePath {
  devt: DevT;
  /** The selector arguments of this path, as in the table (`["1"]`). */
  args: string[];
}

export interface TableGroup {
  /** The selector's name, and its arguments with their count, as in the table: `service-time 0`. */
  selector: string;
  paths: TablePath[];
}

/** A multipath table, parsed. */
export interface MultipathTable {
  /** Feature words without their count: `["queue_if_no_path"]`. */
  features: string[];
  /** Hardware handler words without their count: `["alua"]`. */
  handler: string[];
  /** 1-based; 0 when there are no groups. */
  initialGroup: number;
  groups: TableGroup[];
}

export interface StatusPath {
  devt: DevT;
  state: 'active' | 'failed';
  failCount: number;
}

export interface StatusGroup {
  state: 'active' | 'enabled' | 'disabled';
  paths: StatusPath[];
}

/** A multipath status line, parsed. */
export interface MultipathStatus {
  /** The count of I/O that is queued because no path is usable. */
  queuedIo: number;
  /** 1-based; 0 when there are no groups. */
  nextGroup: number;
  groups: StatusGroup[];
}
