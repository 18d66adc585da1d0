/** Lists the disks in /sys/block with device number and disk sequence number, with as few reads as possible. */
import type { SysfsReading } from '../../native/mpathd';
import type { DiskEntry } from '../model/facts';
import type { Failure, Reading } from '../model/failure';
import { AttributeError, attributesOf, numberOf, textOf } from './attributes';
import { IDENTITY_ATTRIBUTES } from './blockFacts';
import { isWrongArgument, messageOf } from './errors';
import { isDevT } from './mapFacts';
import { failed, kernelFailure, read } from './nativeFailure';
import { isDiskName } from '../model/identity';
import { sysfsRead } from './readDisks';
import type { SysfsAddon } from './readDisks';

/** Kernel names of disks that never are paths, so that they need no reading. */
const NEVER_PATHS = /^(?:loop|ram|zram|sr|scd|fd|md|nbd|dm-)(?:\d|_)/;

/** The failure of a call that got no thread, because memory is short. Wrong arguments are thrown on. */
export function notRun(operation: string, device: string, error: unknown): Failure {
  if (isWrongArgument(error)) throw error;
  return {
    code: 'KERNEL_ERROR',
    operation,
    device,
    errno: 'EAGAIN',
    detail: messageOf(error),
  };
}

/** Names of the disks that may be paths. */
export async function diskNames(addon: SysfsAddon): Promise<Reading<string[]>> {
  try {
    const listing = await addon.listDirectory('/sys/block');
    if (listing.errno !== null) return failed(kernelFailure('readdir', '/sys/block', listing));
    return read(listing.names.filter((name) => !NEVER_PATHS.test(name)));
  } catch (error) {
    return failed(notRun('readdir', '/sys/block', error));
  }
}

/** Attributes are read relative to one open directory, so number and sequence number are of one disk. */
function entryOf(name: string, reading: SysfsReading | undefined): DiskEntry {
  const unknown: DiskEntry = { name, devt: null, diskseq: null };
  if (reading === undefined || reading.errno !== null) return unknown;
  const attributes = attributesOf(IDENTITY_ATTRIBUTES, reading);
  try {
    const devt = textOf(attributes, 'dev');
    return devt === null || !isDevT(devt) ? unknown : { name, devt, diskseq: numberOf(attributes, 'diskseq') };
  } catch (error) {
    if (error instanceof AttributeError) return unknown;
    throw error;
  }
}

/** All disks that may be paths, without disks that went between the listing and the reading. */
export async function listDisks(addon: SysfsAddon): Promise<Reading<DiskEntry[]>> {
  const listing = await diskNames(addon);
  if (!listing.ok) return listing;
  const names = listing.value.filter(isDiskName);
  const attributes = [...IDENTITY_ATTRIBUTES];
  const readings = await sysfsRead(
    addon,
    names.map((name) => ({ directory: `/sys/block/${name}`, attributes })),
  );
  return read(names.flatMap((name, i) => (readings[i]?.errno === 'ENOENT' ? [] : [entryOf(name, readings[i])])));
}
