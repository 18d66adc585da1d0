/**
 * Signs that a disk may lead to another LUN than the kernel takes it for: a unit attention, or a path that was down.
 * Nobody can notice a swap without any sign.
 */
import { pathKey, uuidOfWwid } from '../../../src/model/identity';
import type { Path } from '../../../src/model/path';
import type { Tables } from '../../../src/model/tables';
import type { UeventBatch } from '../../../src/model/uevent';
import type { SimDisk, World } from '../../../src/simulator/world';

export interface Signs {
  /** Called after anything that happened. A disk that was swapped again needs another sign. */
  look(): void;
  afterStep(isSettled: (disk: SimDisk) => boolean): void;
  heard(batch: UeventBatch): void;
  /** Called for a new daemon, which has seen no sign. */
  forget(): void;
  /** The promise aSignOfAnotherLunIsLookedInto. */
  missed(): string | null;
}

const TELLING = new Set(['INQUIRY_DATA_HAS_CHANGED', 'REPORTED_LUNS_DATA_HAS_CHANGED', 'CAPACITY_DATA_HAS_CHANGED']);
const DOWN = new Set(['down', 'timeout', 'removed']);

/**
 * True if the path is failed in the map of its LUN. In a map that it is to leave, it was failed because of the last
 * swap, and gets no I/O there any more.
 */
const isFailed = (path: Path): boolean =>
  path.dmState === 'failed' && path.wwid !== null && path.map === uuidOfWwid(path.wwid);

export function createSigns(world: Readonly<World>, tables: () => Tables, onSign: (disk: SimDisk) => void): Signs {
  /** For each disk with a sign of its swap the WWID behind it. */
  const signed = new Map<SimDisk, string>();

  const pathOf = ({ devt, diskseq }: SimDisk): ReturnType<Tables['pathByDevt']> =>
    tables().paths.get(pathKey(devt, diskseq));
  const note = (disk: SimDisk): void => {
    if (disk.unseen !== null && disk.unseen.wwid !== disk.wwid) signed.set(disk, disk.unseen.wwid);
  };
  const look = (): void => {
    for (const [disk, wwid] of signed) if (!disk.present || disk.unseen?.wwid !== wwid) signed.delete(disk);
  };

  return {
    look,
    afterStep: (isSettled) => {
      look();
      for (const disk of signed.keys()) if (pathOf(disk) === undefined) signed.delete(disk);
      for (const disk of world.disks.values()) {
        if (disk.unseen === null || !isSettled(disk)) continue;
        const path = pathOf(disk);
        if (path !== undefined && (isFailed(path) || DOWN.has(path.check.state))) note(disk);
      }
    },
    heard: (batch) => {
      for (const { devpath, env } of batch.events) {
        const attention = env['SDEV_UA'] ?? '';
        if (!TELLING.has(attention)) continue;
        // This unit attention concerns all LUNs of a target.
        const place =
          attention === 'REPORTED_LUNS_DATA_HAS_CHANGED'
            ? devpath.slice(0, devpath.lastIndexOf(':') + 1)
            : `${devpath}/`;
        for (const disk of world.disks.values()) {
          if (!disk.devpath.startsWith(place) || (pathOf(disk)?.facts ?? null) === null) continue;
          note(disk);
          onSign(disk);
        }
      }
    },
    forget: () => signed.clear(),
    missed: () => {
      look();
      for (const [{ name, wwid }, live] of signed)
        return `aSignOfAnotherLunIsLookedInto: ${name} leads to ${live} and is taken for ${wwid}`;
      return null;
    },
  };
}
