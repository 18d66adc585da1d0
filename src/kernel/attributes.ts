/**
 * sysfs attributes as values. Each reader throws an {@link AttributeError} if it cannot read or understand an
 * attribute. The caller turns the error into one failure for the whole device.
 */
import type { Failure } from '../model/failure';
import type { SysfsReading } from '../../native/mpathd';

/** Attribute values of one directory by name: bytes, or an errno name. */
export type Attributes = ReadonlyMap<string, Buffer | string>;

/** Why one attribute makes the whole reading of a device useless. */
export class AttributeError extends Error {
  constructor(
    readonly attribute: string,
    /** torn: the device went away during the reading. */
    readonly reason: { kind: 'errno'; errno: string } | { kind: 'malformed' } | { kind: 'torn' },
  ) {
    super(`${attribute}: ${reason.kind === 'errno' ? reason.errno : reason.kind}`);
    this.name = 'AttributeError';
  }

  /** This error as a {@link Failure} of the reading of `device`. */
  failure(device: string): Failure {
    const common = { operation: 'sysfs', device, detail: this.attribute };
    switch (this.reason.kind) {
      case 'errno':
        return { ...common, code: 'KERNEL_ERROR', errno: this.reason.errno };
      case 'malformed':
        return { ...common, code: 'MALFORMED', errno: null };
      case 'torn':
        return { ...common, code: 'WRONG_DEVICE', errno: null };
    }
  }
}

/**
 * Errnos that say "this device has no such attribute". EINVAL: scsi_sysfs.c gives it for missing VPD pages and access
 * states. ENOTCONN: an iSCSI connection is down (iscsi_tcp.c). ENODEV does not belong here: by it kernfs says that the
 * device itself goes away.
 */
const HAS_NONE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP', 'ENOTCONN']);

/** Pairs the values of a reading with the attributes that were asked for. */
export function attributesOf(names: readonly string[], reading: SysfsReading): Attributes {
  return new Map(names.map((name, i) => [name, reading.values[i] ?? 'ENOENT']));
}

/** The attribute's bytes, null if the device has none. */
export function bytesOf(attributes: Attributes, name: string): Buffer | null {
  const value = attributes.get(name) ?? 'ENOENT';
  if (typeof value !== 'string') return value;
  if (HAS_NONE.has(value)) return null;
  throw new AttributeError(name, value === 'ENODEV' ? { kind: 'torn' } : { kind: 'errno', errno: value });
}

/**
 * The attribute as text without blanks, newline and NULs at its ends. Each byte beyond ASCII becomes one character
 * (Latin-1), since devices put anything into their INQUIRY data. Control characters become `?`.
 */
export function textOf(attributes: Attributes, name: string): string | null {
  const bytes = bytesOf(attributes, name);
  if (bytes === null) return null;
  const text = bytes.toString('latin1').replace(/^[ \t\r\n\0]+|[ \t\r\n\0]+$/g, '');
  return text.replace(/\p{Cc}/gu, '?');
}

/** An optional attribute that is a decimal whole number; null if the device has none. */
export function numberOf(attributes: Attributes, name: string): number | null {
  const text = textOf(attributes, name);
  if (text === null) return null;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new AttributeError(name, { kind: 'malformed' });
  return value;
}

/** An optional attribute that is 0 or 1; false if the device has none. */
export function flagOf(attributes: Attributes, name: string): boolean {
  const value = numberOf(attributes, name);
  if (value !== null && value > 1) throw new AttributeError(name, { kind: 'malformed' });
  return value === 1;
}

/** The value of an attribute that every device of the kind has. If it is missing, the device went away. */
export function required<T>(name: string, value: T | null): T {
  if (value === null) throw new AttributeError(name, { kind: 'torn' });
  return value;
}
