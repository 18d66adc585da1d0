/** What the check of a disk asks the machine. Small, so that tests can have a machine of their own. */
import type { Configuration } from '../../config/configuration';
import type { FoundDevice } from '../../kernel/findDevice';
import type { TimedDisk, Wait } from '../../kernel/waitTimers';
import type { BlockFacts } from '../../model/facts';
import type { Reading } from '../../model/failure';
import type { Wwid } from '../../model/identity';

export interface CheckSystem {
  configuration(): Promise<Reading<Configuration>>;
  /** The kernel multipaths NVMe itself. */
  nativeNvme(): Promise<boolean>;
  find(device: string): Promise<Reading<FoundDevice>>;
  /** The multipath map that has the disk; null: none has. */
  heldBy(name: string): Promise<Reading<Wwid | null>>;
  daemonRuns(): Promise<boolean>;
  /** `properties`: those of udev's records whose values matter. */
  facts(name: string, properties: ReadonlySet<string>): Promise<Reading<BlockFacts>>;
  /** All disks that may be paths and can be read. */
  allFacts(properties: ReadonlySet<string>): Promise<Reading<BlockFacts[]>>;
  /** The kernel has refused a map of it. */
  isFailed(wwid: Wwid): Promise<Reading<boolean>>;
  /** In words who uses the disk; null: nobody does. */
  usedBy(name: string): Promise<Reading<string | null>>;
  /** The WWIDs of the wwids file. */
  listed(): Promise<Reading<Wwid[]>>;
  mapExists(wwid: Wwid): Promise<Reading<boolean>>;
  /** `false`: somebody has opened it for himself alone. */
  isClaimable(disk: FoundDevice): Promise<Reading<boolean>>;
  wait(disk: TimedDisk): Promise<Reading<Wait>>;
  /** Begins to wait, or goes on with it. */
  waitFor(disk: TimedDisk, seconds: number): Promise<Reading<Wait>>;
}
