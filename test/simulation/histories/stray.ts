/**
 * The promise that no I/O goes to another LUN for longer than one interval of the checks, also without any sign. It is
 * held only while nothing hinders the daemon: the time begins anew with each hindrance.
 */
import { pathKey, wwidOfUuid } from '../../../src/model/identity';
import type { Tables } from '../../../src/model/tables';
import { pathsOf, type SimDisk, type SimDm, type SimTable, type World } from '../../../src/simulator/world';

export interface Stray {
  /** Called after each step; returns what is wrong, or null. `free`: nothing hinders the daemon. Times in ms. */
  afterStep(free: boolean, now: number, slackMs: number): string | null;
  /** Called for a sign of the disk's other LUN, after which the daemon asks at once. */
  signed(disk: SimDisk, now: number): void;
  forget(): void;
}

/** The longest interval of the checks in the histories, the kernel's check and the write, ms. */
export const BOUND_MS = 5_000 + 3_000;
/** After a sign, ms. */
const SIGNED_MS = 3_000;
/** A check that takes longer, ms, hangs. */
const CHECK_MS = 1_000;

/** `aheadMs`: how far the daemon's clock is ahead of these times, ms. */
export function createStray(world: Readonly<World>, tables: () => Tables, aheadMs: () => number): Stray {
  const since = new Map<SimDisk, { lun: string; until: number; at: number }>();

  const isActive = (dm: SimDm, disk: SimDisk): boolean =>
    !dm.suspended && [...pathsOf(dm.live)].some((one) => one.disk === disk && one.active);
  /** The maps that send I/O to the disk, if the daemon knows its place and can ask it. */
  const usersOf = (disk: SimDisk, now: number): SimDm[] => {
    const { present, state, answer } = disk;
    const path = tables().paths.get(pathKey(disk.devt, disk.diskseq));
    if (!present || state !== 'running' || answer !== 'up') return [];
    if (path?.map == null || path.init !== 'ok' || path.stale !== null) return [];
    if (path.check.inFlight && now + aheadMs() - path.check.begunTime > CHECK_MS) return [];
    return disk.holders.filter((dm) => wwidOfUuid(dm.uuid) !== null && isActive(dm, disk));
  };
  /** The LUN to which I/O of a map goes by this disk, if it is not the map's own, or not that of its other paths. */
  const strays = (disk: SimDisk, now: number): string | null => {
    const users = usersOf(disk, now);
    const { unseen, wwid } = disk;
    if (unseen !== null && unseen.wwid !== wwid && unseen.attention === null)
      return users.some(({ uuid }) => wwidOfUuid(uuid) !== unseen.wwid) ? unseen.wwid : null;
    const isMixed = (dm: SimDm): boolean =>
      [...pathsOf(dm.live)].some((one) => one.disk.wwid !== wwid && usersOf(one.disk, now).includes(dm));
    return users.some(isMixed) ? wwid : null;
  };

  /** All other disks are what the kernel takes them for, and share their maps with paths of their own LUN only. */
  const suspects = (): Set<SimDisk> => {
    const found = new Set<SimDisk>();
    for (const disk of world.disksByDevt.values()) if (disk.unseen !== null) found.add(disk);
    for (const { live } of world.dmByUuid.values())
      if (isMixture(live)) for (const { disk } of pathsOf(live)) found.add(disk);
    return found;
  };

  return {
    afterStep: (free, now, slackMs) => {
      const suspected = free ? suspects() : new Set<SimDisk>();
      for (const disk of since.keys()) if (!suspected.has(disk)) since.delete(disk);
      for (const disk of suspected) {
        const lun = strays(disk, now);
        const known = since.get(disk);
        if (lun === null) since.delete(disk);
        else if (known?.lun !== lun) since.set(disk, { lun, at: now, until: now + BOUND_MS });
        else if (now > known.until + slackMs)
          return `${disk.name} of ${disk.wwid} is in use beside or for another LUN and has led to ${lun} for ${now - known.at} ms`;
      }
      return null;
    },
    signed: (disk, now) => {
      const known = since.get(disk);
      if (known !== undefined) known.until = Math.min(known.until, now + SIGNED_MS);
    },
    forget: () => since.clear(),
  };
}

/** True if the table holds disks of two LUNs. Loops, since it is asked for each map after each step. */
function isMixture(table: SimTable | null): boolean {
  if (table?.kind !== 'multipath') return false;
  let first: string | null = null;
  for (const group of table.target.groups)
    for (const { disk } of group.paths) {
      first ??= disk.wwid;
      if (disk.wwid !== first) return true;
    }
  return false;
}
