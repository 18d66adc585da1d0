/** Finds a block device by any of its names: `sda`, `/dev/disk/by-id/…`, `8:0`. */
import { basename } from 'node:path';
import type { Reading } from '../model/failure';
import type { DevT, DiskSeq } from '../model/identity';
import { AttributeError, attributesOf, bytesOf, numberOf, required } from './attributes';
import { devtOfNode } from './blockNode';
import { devtOf } from './blockFacts';
import { isDevT } from './mapFacts';
import { failed, read } from './nativeFailure';
import { isDiskName } from '../model/identity';
import { sysfsRead, type SysfsAddon } from './readDisks';

/** The names of a block device, which may be a partition. */
export interface FoundDevice {
  /** The kernel's name. */
  name: string;
  devt: DevT;
  diskseq: DiskSeq;
  /** `disk` or `partition`, null if the kernel does not say. */
  devtype: string | null;
}

const ATTRIBUTES = ['dev', 'diskseq', 'uevent'];

function devtypeOf(uevent: string): string | null {
  return /^DEVTYPE=(.*)$/m.exec(uevent)?.[1] ?? null;
}

/** Reads the device behind `directory`, the kernel's link to the device by its name or number. */
async function deviceAt(
  addon: Pick<SysfsAddon, 'sysfsRead'>,
  directory: string,
  device: string,
): Promise<Reading<FoundDevice>> {
  const [reading] = await sysfsRead(addon, [{ directory, attributes: ATTRIBUTES }]);
  if (reading === undefined || reading.errno !== null) {
    return failed({
      code: 'KERNEL_ERROR',
      operation: 'sysfs',
      device,
      errno: reading?.errno ?? 'EIO',
      detail: 'no such block device',
    });
  }
  const attributes = attributesOf(ATTRIBUTES, reading);
  try {
    const uevent = required('uevent', bytesOf(attributes, 'uevent')).toString('latin1');
    return read({
      name: basename(reading.realpath),
      devt: devtOf(attributes),
      diskseq: numberOf(attributes, 'diskseq'),
      devtype: devtypeOf(uevent),
    });
  } catch (error) {
    if (error instanceof AttributeError) return failed(error.failure(device));
    throw error;
  }
}

/** Finds a device by kernel name, path below /dev, or number; KERNEL_ERROR with ENOENT if there is no such device. */
export async function findDevice(addon: Pick<SysfsAddon, 'sysfsRead'>, device: string): Promise<Reading<FoundDevice>> {
  if (isDevT(device)) return deviceAt(addon, `/sys/dev/block/${device}`, device);
  if (device.startsWith('/')) {
    const devt = await devtOfNode(device);
    return devt.ok ? deviceAt(addon, `/sys/dev/block/${devt.value}`, device) : devt;
  }
  if (isDiskName(device)) return deviceAt(addon, `/sys/class/block/${device}`, device);
  return failed({
    code: 'REFUSED',
    operation: 'find',
    device,
    errno: null,
    detail: 'neither a name of a disk, nor a path below /dev, nor a number as 8:0',
  });
}
