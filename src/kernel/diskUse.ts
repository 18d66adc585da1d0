/** What uses a disk or one of its partitions: devices on top of it, file systems, swap. */
import type { Reading } from '../model/failure';
import type { DevT } from '../model/identity';
import { attributesOf, AttributeError, bytesOf, textOf } from './attributes';
import { devtOfNode, isNodePath } from './blockNode';
import { readBounded } from './boundedFile';
import { notRun } from './listDisks';
import { failed, kernelFailure, read } from './nativeFailure';
import { isDiskName } from '../model/identity';
import { sysfsRead, type SysfsAddon } from './readDisks';

const MOUNTS = '/proc/self/mountinfo';
const SWAPS = '/proc/swaps';
/** Hosts with thousands of containers have some MB of mounts. */
const LIMIT = 64 * 1024 * 1024;

/** The disk or one of its partitions. */
interface Part {
  name: string;
  devt: DevT;
  holders: string[];
}

/** A mounted file system: the device that it is on, and the source of the mount. */
export interface Mount {
  devt: DevT;
  source: string;
  where: string;
}

/** `/proc/self/mountinfo` (proc(5)); lines of another form are skipped. */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , devt, , where] = before.split(' ');
    const [, source] = after.split(' ');
    return devt === undefined || where === undefined || source === undefined ? [] : [{ devt, source, where }];
  });
}

/** The devices of `/proc/swaps` (proc(5)). */
export function parseSwaps(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [path, type] = line.split(/[ \t]+/);
    return path !== undefined && type === 'partition' ? [path] : [];
  });
}

const ATTRIBUTES = ['dev', 'holders/', 'partition'];

/** The parts of a disk. A directory in the disk's directory that has no attribute `partition` is no partition. */
async function partsOf(addon: SysfsAddon, disk: string): Promise<Reading<Part[]>> {
  const directory = `/sys/class/block/${disk}`;
  let names: string[];
  try {
    const listing = await addon.listDirectory(directory);
    if (listing.errno !== null) return failed(kernelFailure('readdir', directory, listing));
    names = listing.names.filter((name) => name.startsWith(disk) && isDiskName(name));
  } catch (error) {
    return failed(notRun('readdir', directory, error));
  }
  const directories = [directory, ...names.map((name) => `${directory}/${name}`)];
  const readings = await sysfsRead(
    addon,
    directories.map((at) => ({ directory: at, attributes: ATTRIBUTES })),
  );
  const parts: Part[] = [];
  try {
    for (const [at, reading] of readings.entries()) {
      const name = at === 0 ? disk : (names[at - 1] ?? '');
      // Nobody uses a partition that has gone in the meantime.
      if (reading.errno === 'ENOENT' && at > 0) continue;
      if (reading.errno !== null)
        return failed({ code: 'KERNEL_ERROR', operation: 'sysfs', device: name, errno: reading.errno });
      const attributes = attributesOf(ATTRIBUTES, reading);
      if (at > 0 && textOf(attributes, 'partition') === null) continue;
      const holders = (bytesOf(attributes, 'holders/')?.toString('latin1') ?? '')
        .split('\0')
        .filter((holder) => holder !== '');
      parts.push({ name, devt: textOf(attributes, 'dev') ?? '', holders });
    }
  } catch (error) {
    if (error instanceof AttributeError) return failed(error.failure(disk));
    throw error;
  }
  return read(parts);
}

/**
 * Some file systems have a device number of their own. Then the source of the mount names the device that they are on.
 */
async function isOn(devts: ReadonlySet<DevT>, source: string): Promise<boolean> {
  if (!isNodePath(source)) return false;
  const devt = await devtOfNode(source);
  return devt.ok && devts.has(devt.value);
}

/** The files with mounts and swaps; tests use others. */
export interface UseFiles {
  mounts: string;
  swaps: string;
}

/** Says in words who uses the disk; null: nobody. */
export async function userOfDisk(
  addon: SysfsAddon,
  disk: string,
  files: UseFiles = { mounts: MOUNTS, swaps: SWAPS },
): Promise<Reading<string | null>> {
  const parts = await partsOf(addon, disk);
  if (!parts.ok) return parts;
  const held = parts.value.find(({ holders }) => holders.length > 0);
  if (held !== undefined) return read(`${held.name} is part of ${held.holders.join(', ')}`);
  const devts = new Set(parts.value.map(({ devt }) => devt));
  const nameOf = (devt: DevT): string => parts.value.find((part) => part.devt === devt)?.name ?? disk;

  const mounts = await readBounded(files.mounts, LIMIT);
  if (!mounts.ok) return mounts;
  const mounted = parseMounts(mounts.value);
  const direct = mounted.find(({ devt }) => devts.has(devt));
  if (direct !== undefined) return read(`${nameOf(direct.devt)} is mounted on ${direct.where}`);
  const sources = new Map(
    mounted.filter(({ devt }) => devt.startsWith('0:')).map(({ source, where }) => [source, where]),
  );
  for (const [source, where] of sources) if (await isOn(devts, source)) return read(`${source} is mounted on ${where}`);

  const swaps = await readBounded(files.swaps, LIMIT);
  if (!swaps.ok) return swaps;
  for (const path of parseSwaps(swaps.value)) if (await isOn(devts, path)) return read(`${path} is swap space`);
  return read(null);
}
