/**
 * The questions of the disk check to the machine. The interface is small, so that tests can have a machine of their
 * own.
 */
import type { Configuration } from '../../config/configuration';
import type { FoundDevice } from '../../kernel/findDevice';
import type { TimedDisk, Wait } from '../../kernel/waitTimers';
import type { BlockFacts } from '../../model/facts';
import type { Reading } from '../../model/failure';
import type { Wwid } from '../../model/identity';

export interface CheckSystem {
  configuration(): Promise<Reading<Configuration>>;
  /** True if the kernel multipaths NVMe itself. */
  nativeNvme(): Promise<boolean>;
  find(device: string): Promise<Reading<FoundDevice>>;
  /** The WWID of the multipath map that has the disk; null: no map has it. */
  heldBy(name: string): Promise<Reading<Wwid | null>>;
  daemonRuns(): Promise<boolean>;
  /** `properties`: the properties of udev's records whose values are needed. */
  facts(name: string, properties: ReadonlySet<string>): Promise<Reading<BlockFacts>>;
  /** All disks that may be paths and can be read. */
  allFacts(properties: ReadonlySet<string>): Promise<Reading<BlockFacts[]>>;
  /** True if the kernel has refused a map of the LUN. */
  isFailed(wwid: Wwid): Promise<Reading<boolean>>;
  /** Says in words who uses the disk; null: nobody. */
  usedBy(name: string): Promise<Reading<string | null>>;
  /** The WWIDs of the wwids file. */
  listed(): Promise<Reading<Wwid[]>>;
  mapExists(wwid: Wwid): Promise<Reading<boolean>>;
  /** `false`: a program has the disk open exclusively. */
  isClaimable(disk: FoundDevice): Promise<Reading<boolean>>;
  wait(disk: TimedDisk): Promise<Reading<Wait>>;
  /** Begins a wait, or continues it. */
  waitFor(disk: TimedDisk, seconds: number): Promise<Reading<Wait>>;
}
