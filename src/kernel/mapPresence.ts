/** Finds out whether a LUN has a multipath map, or whether a disk is in one. For programs that keep no tables. */
import type { Reading } from '../model/failure';
import { uuidOfWwid, wwidOfUuid, type Wwid } from '../model/identity';
import { attributesOf, AttributeError, bytesOf, textOf } from './attributes';
import { dmFailure, notAsked } from './dmFailure';
import type { Addon } from './native';
import { failed, read } from './nativeFailure';
import { sysfsRead, type SysfsAddon } from './readDisks';

/** Errnos of /dev/mapper/control if the kernel has no device-mapper, and so no map. */
const NO_DRIVER: ReadonlySet<string> = new Set(['ENOENT', 'ENODEV', 'ENXIO']);

/** Whether device-mapper has the map of this WWID. */
export async function mapExists(addon: Pick<Addon, 'dmRead'>, wwid: Wwid): Promise<Reading<boolean>> {
  const uuid = uuidOfWwid(wwid);
  try {
    const result = await addon.dmRead({ uuid });
    if (result.errno === null) return read(true);
    // The read by UUID gives dm's statement about the map; a failed open of the control node is about dm itself.
    if (result.errno === 'ENXIO' || (result.step === 'open' && NO_DRIVER.has(result.errno))) return read(false);
    return failed(dmFailure(uuid, result));
  } catch (error) {
    return failed(notAsked(uuid, error));
  }
}

const HOLDERS = 'holders/';
const UUID = 'dm/uuid';

async function attributeOf(
  addon: Pick<SysfsAddon, 'sysfsRead'>,
  name: string,
  attribute: string,
): Promise<Reading<string | null>> {
  const [reading] = await sysfsRead(addon, [{ directory: `/sys/class/block/${name}`, attributes: [attribute] }]);
  if (reading === undefined || reading.errno !== null) {
    return failed({
      code: 'KERNEL_ERROR',
      operation: 'sysfs',
      device: name,
      errno: reading?.errno ?? 'EIO',
      detail: 'open',
    });
  }
  const attributes = attributesOf([attribute], reading);
  try {
    return read(
      attribute === HOLDERS
        ? (bytesOf(attributes, attribute)?.toString('latin1') ?? null)
        : textOf(attributes, attribute),
    );
  } catch (error) {
    if (error instanceof AttributeError) return failed(error.failure(name));
    throw error;
  }
}

/** The WWID of the multipath map that has the disk; null: no map has it. */
export async function holdingMap(addon: Pick<SysfsAddon, 'sysfsRead'>, disk: string): Promise<Reading<Wwid | null>> {
  const holders = await attributeOf(addon, disk, HOLDERS);
  if (!holders.ok) return holders;
  for (const name of (holders.value ?? '').split('\0').filter((holder) => /^dm-\d+$/.test(holder))) {
    const uuid = await attributeOf(addon, name, UUID);
    // A holder that has gone in the meantime holds no disk.
    if (!uuid.ok && uuid.failure.errno === 'ENOENT') continue;
    if (!uuid.ok) return uuid;
    const wwid = wwidOfUuid(uuid.value ?? '');
    if (wwid !== null) return read(wwid);
  }
  return read(null);
}
