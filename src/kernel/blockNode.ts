/** Nodes of block devices: which device a node belongs to, and whether another program has it open exclusively. */
import { constants, promises as fs } from 'node:fs';
import type { Reading } from '../model/failure';
import type { DevT, DiskAddress } from '../model/identity';
import { deviceOf } from './diskNode';
import { errnoOf } from './errors';
import { failed, read } from './nativeFailure';

/** A dev_t of glibc (sys/sysmacros.h) in the form that the kernel prints. */
function devtOf(rdev: bigint): DevT {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

async function attempt<T>(operation: string, path: string, work: () => Promise<T>): Promise<Reading<T>> {
  try {
    return read(await work());
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return failed({ code: 'KERNEL_ERROR', operation, device: path, errno });
  }
}

/** A path below /dev does not lead to a file on a disk, which could hang. `..` must not lead out of /dev. */
export function isNodePath(path: string): boolean {
  return path.startsWith('/dev/') && path.length < 4096 && !path.includes('\0') && !path.split('/').includes('..');
}

/**
 * The number of the block device that a path below /dev leads to; REFUSED: the path is not below /dev, or leads to no
 * block device.
 */
export async function devtOfNode(path: string): Promise<Reading<DevT>> {
  const refused = (detail: string): Reading<DevT> =>
    failed({ code: 'REFUSED', operation: 'stat', device: path, errno: null, detail });
  if (!isNodePath(path)) return refused('not a path below /dev');
  const stats = await attempt('stat', path, () => fs.stat(path, { bigint: true }));
  if (!stats.ok) return stats;
  return stats.value.isBlockDevice() ? read(devtOf(stats.value.rdev)) : refused('not a block device');
}

/** O_NONBLOCK: the open does not wait for a medium. */
const EXCLUSIVE = constants.O_RDONLY | constants.O_EXCL | constants.O_NONBLOCK;

/**
 * Whether a program can open a disk exclusively (open(2), O_EXCL on a block device): `false` if another program has the
 * disk open in this way.
 */
export async function isClaimable(disk: DiskAddress): Promise<Reading<boolean>> {
  const { node } = deviceOf(disk);
  const opened = await attempt('open', node, () => fs.open(node, EXCLUSIVE));
  if (!opened.ok) return opened.failure.errno === 'EBUSY' ? read(false) : opened;
  const file = opened.value;
  try {
    const stats = await attempt('fstat', node, () => file.stat({ bigint: true }));
    if (!stats.ok) return stats;
    if (stats.value.isBlockDevice() && devtOf(stats.value.rdev) === disk.devt) return read(true);
    return failed({ code: 'WRONG_DEVICE', operation: 'open', device: node, errno: null });
  } finally {
    await file.close();
  }
}
