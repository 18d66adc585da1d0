/** The properties by which the configuration knows a device: vendor, product and revision, as patterns see them. */
import type { BlockFacts } from '../model/facts';

/** The names of one device by which `device` and `protocol` sections match it. */
export interface DeviceIdentity {
  readonly vendor: string;
  readonly product: string;
  /** null: the device has no revision that counts, and a pattern for the revision is not asked. */
  readonly revision: string | null;
  /** `scsi:fcp`, `nvme:tcp`, `ccw`, … */
  readonly protocol: string;
  readonly bus: BlockFacts['bus'];
}

/** The name in tables and documents if a device gives none. */
const UNKNOWN = 'UNKNOWN';

/** DASD types that are not ECKD. */
const FBA_TYPES: ReadonlySet<string> = new Set(['3370', '9336']);

/** sysfs pads the fields of an INQUIRY with blanks. */
function trimmed(text: string | null): string {
  const name = (text ?? '').trim();
  return name === '' ? UNKNOWN : name;
}

/** The names that multipath-tools gives a device of this bus. NVMe and DASD have no vendor of their own. */
export function deviceIdentityOf(
  facts: Pick<BlockFacts, 'bus' | 'vendor' | 'model' | 'revision' | 'transport'>,
): DeviceIdentity {
  const {
    bus,
    vendor,
    model,
    revision,
    transport: { protocol },
  } = facts;
  switch (bus) {
    case 'nvme':
      return { vendor: 'NVME', product: trimmed(model), revision: null, protocol, bus };
    case 'ccw':
      return {
        vendor: 'IBM',
        product: `S/390 DASD ${FBA_TYPES.has(dasdType(model)) ? 'FBA' : 'ECKD'}`,
        revision: null,
        protocol,
        bus,
      };
    case 'scsi':
    case 'dm':
    case 'other':
      return { vendor: trimmed(vendor), product: trimmed(model), revision: trimmed(revision), protocol, bus };
  }
}

/** The four digits of `3390/0c`. */
function dasdType(model: string | null): string {
  return /^\d{4}/.exec((model ?? '').trim())?.[0] ?? '';
}
