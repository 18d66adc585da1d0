/** Derives the facts of one disk from its sysfs attributes, by pure functions. */
import type { BlockFacts, Tpgs } from '../model/facts';
import type { SysfsReading } from '../../native/mpathd';
import { AttributeError, attributesOf, bytesOf, flagOf, numberOf, required, textOf } from './attributes';
import type { Attributes } from './attributes';
import { isDevT } from './mapFacts';

/** The facts of a disk that come from its sysfs directory. */
export type DiskFacts = Omit<BlockFacts, 'udev' | 'udevNames' | 'transport'>;

/** Attributes that distinguish a disk from the next disk of the same name. */
export const IDENTITY_ATTRIBUTES: readonly string[] = ['dev', 'diskseq'];

const ATTRIBUTES: readonly string[] = [
  ...IDENTITY_ATTRIBUTES,
  'size',
  'ro',
  'hidden',
  'queue/max_sectors_kb',
  'wwid',
  'nsid',
  'holders/',
  'device/vendor',
  'device/model',
  'device/rev',
  'device/firmware_rev',
  'device/state',
  'device/access_state',
  'device/preferred_path',
  'device/dh_state',
  'device/inquiry',
  'device/vpd_pg83',
  'device/vpd_pg80',
  'device/timeout',
  'device/type',
  'device/uid',
  'device/devtype',
  'device/transport',
  'device/cntlid',
  'device/address',
  'device/subsysnqn',
];

/**
 * The attributes to read of a disk. Its identity comes again at the end, to notice that the disk went during the
 * reading.
 */
export const DISK_ATTRIBUTES: readonly string[] = [...ATTRIBUTES, ...IDENTITY_ATTRIBUTES];

/** A disk's attributes by name; throws an AttributeError if its identity changed or vanished during the reading. */
export function diskAttributes(reading: SysfsReading): Attributes {
  const repeated = attributesOf(IDENTITY_ATTRIBUTES, { ...reading, values: reading.values.slice(ATTRIBUTES.length) });
  const attributes = attributesOf(ATTRIBUTES, reading);
  for (const name of IDENTITY_ATTRIBUTES) {
    if (textOf(attributes, name) !== textOf(repeated, name)) throw new AttributeError(name, { kind: 'torn' });
  }
  return attributes;
}

/** SCSI peripheral device types (SPC-4 table 142) that are disks: direct access, host managed zoned. */
const DISK_TYPES: ReadonlySet<number> = new Set([0x00, 0x14]);

const SCSI_DEVICE = /\/(\d+:\d+:\d+:\d+)\/block\/[^/]+$/;
const NVME_NAMESPACE = /\/nvme(\d+)\/nvme\d+n(\d+)$/;

function busOf(name: string, devpath: string, attributes: Attributes): BlockFacts['bus'] {
  if (/^dm-\d+$/.test(name)) return 'dm';
  if (/^dasd[a-z]+$/.test(name)) return 'ccw';
  if (/^nvme\d/.test(name)) return 'nvme';
  if (!SCSI_DEVICE.test(devpath)) return 'other';
  const type = numberOf(attributes, 'device/type');
  return type !== null && DISK_TYPES.has(type) ? 'scsi' : 'other';
}

/** The device number, `8:0`. */
export function devtOf(attributes: Attributes): string {
  const devt = required('dev', textOf(attributes, 'dev'));
  if (!isDevT(devt)) throw new AttributeError('dev', { kind: 'malformed' });
  return devt;
}

/** The path below /sys; throws if the directory is not that of a disk `name` (any more). */
function devpathOf(name: string, realpath: string): string {
  if (!realpath.startsWith('/sys/devices/') || !realpath.endsWith(`/${name}`)) {
    throw new AttributeError('realpath', { kind: 'torn' });
  }
  return realpath.slice('/sys'.length);
}

function holdersOf(attributes: Attributes): string[] {
  const names = bytesOf(attributes, 'holders/')?.toString('latin1').split('\0') ?? [];
  return names.filter((name) => /^dm-\d+$/.test(name)).sort();
}

type BusFacts = Pick<
  DiskFacts,
  | 'vendor'
  | 'model'
  | 'revision'
  | 'hcil'
  | 'state'
  | 'tpgs'
  | 'accessState'
  | 'preferredPath'
  | 'deviceHandler'
  | 'vpd83'
  | 'vpd80'
  | 'sysfsWwid'
  | 'timeoutSeconds'
>;

/** The facts of a disk for which sysfs has no bus attributes. */
const PLAIN: BusFacts = {
  vendor: null,
  model: null,
  revision: null,
  hcil: null,
  state: null,
  tpgs: null,
  accessState: null,
  preferredPath: false,
  deviceHandler: null,
  vpd83: null,
  vpd80: null,
  sysfsWwid: null,
  timeoutSeconds: null,
};

/** NVMe has no H:C:T:L. Users know controller, cntlid, namespace and nsid in its place. */
function nvmeAddress(devpath: string, attributes: Attributes): string | null {
  const match = NVME_NAMESPACE.exec(devpath);
  const cntlid = numberOf(attributes, 'device/cntlid');
  const nsid = numberOf(attributes, 'nsid');
  if (match === null || cntlid === null) return null;
  return `${match[1]}:${cntlid}:${match[2]}:${nsid ?? Number(match[2])}`;
}

function handlerOf(attributes: Attributes): string | null {
  const handler = textOf(attributes, 'device/dh_state');
  return handler === '' || handler === 'detached' ? null : handler;
}

const TPGS: readonly Tpgs[] = ['none', 'implicit', 'explicit', 'both'];

/** Bits 4 and 5 of byte 5 of the standard INQUIRY data. */
function tpgsOf(attributes: Attributes): Tpgs | null {
  const flags = bytesOf(attributes, 'device/inquiry')?.at(5);
  return flags === undefined ? null : (TPGS[(flags >> 4) & 3] ?? null);
}

function hexOf(attributes: Attributes, name: string): string | null {
  const bytes = bytesOf(attributes, name);
  return bytes === null || bytes.length === 0 ? null : bytes.toString('hex');
}

function scsiFacts(devpath: string, attributes: Attributes): BusFacts {
  return {
    vendor: textOf(attributes, 'device/vendor'),
    model: textOf(attributes, 'device/model'),
    revision: textOf(attributes, 'device/rev'),
    hcil: SCSI_DEVICE.exec(devpath)?.[1] ?? null,
    state: textOf(attributes, 'device/state'),
    tpgs: tpgsOf(attributes),
    accessState: textOf(attributes, 'device/access_state'),
    preferredPath: flagOf(attributes, 'device/preferred_path'),
    deviceHandler: handlerOf(attributes),
    vpd83: hexOf(attributes, 'device/vpd_pg83'),
    vpd80: hexOf(attributes, 'device/vpd_pg80'),
    sysfsWwid: null,
    timeoutSeconds: numberOf(attributes, 'device/timeout'),
  };
}

function nvmeFacts(devpath: string, attributes: Attributes): BusFacts {
  return {
    ...PLAIN,
    // NVMe has no vendor names; entries of multipath.conf match this text.
    vendor: 'NVME',
    model: textOf(attributes, 'device/model'),
    revision: textOf(attributes, 'device/firmware_rev'),
    hcil: nvmeAddress(devpath, attributes),
    state: textOf(attributes, 'device/state'),
    sysfsWwid: textOf(attributes, 'wwid'),
  };
}

function busFacts(bus: BlockFacts['bus'], devpath: string, attributes: Attributes): BusFacts {
  switch (bus) {
    case 'scsi':
      return scsiFacts(devpath, attributes);
    case 'nvme':
      return nvmeFacts(devpath, attributes);
    case 'ccw':
      return {
        ...PLAIN,
        vendor: textOf(attributes, 'device/vendor'),
        // `3390/0c`: a DASD has no model; this is the closest attribute.
        model: textOf(attributes, 'device/devtype'),
        sysfsWwid: textOf(attributes, 'device/uid'),
      };
    case 'dm':
    case 'other':
      return PLAIN;
  }
}

/** The facts of the disk `name` at `realpath`; throws an {@link AttributeError}. */
export function diskFactsOf(name: string, realpath: string, attributes: Attributes): DiskFacts {
  const devpath = devpathOf(name, realpath);
  const bus = busOf(name, devpath, attributes);
  return {
    name,
    devt: devtOf(attributes),
    diskseq: numberOf(attributes, 'diskseq'),
    devpath,
    sizeSectors: required('size', numberOf(attributes, 'size')),
    readOnly: flagOf(attributes, 'ro'),
    hidden: flagOf(attributes, 'hidden'),
    bus,
    ...busFacts(bus, devpath, attributes),
    maxSectorsKb: numberOf(attributes, 'queue/max_sectors_kb'),
    holders: holdersOf(attributes),
  };
}
