/**
 * Merges sections that concern the same subject: the later section wins, keyword by keyword. The parser has already
 * reported and corrected faults in the files' sections (parse/mergeSections.ts).
 */
import type { Block } from './configuration';
import type { DeviceIdentity } from './device';
import type { MergeFinding } from './finding';
import { HARDWARE_TABLE } from './hardwareTable';
import { layerOfBlock, layerOfEntry } from './layers';
import type { Layer } from './layers';
import { matcherOf, productBlacklist } from './rules';
import type { DeviceRule } from './rules';
import { translateFeatures } from './translate';

/** The settings of one kind of device. */
export interface DeviceEntry {
  readonly vendor: string;
  readonly product: string;
  readonly revision: string | null;
  /** The values as they stand in the table or in the files. */
  readonly stated: Layer;
  /** The values after the translation of `features`. */
  readonly layer: Layer;
  /** The source of the facts in the hardware table's entry; null: the entry is only in files. */
  readonly source: string | null;
  /** The rule of the entry's `product_blacklist`. */
  readonly blacklists: DeviceRule | null;
  matches(device: DeviceIdentity): boolean;
}

/** The settings of one map. */
export interface MultipathEntry {
  /** The values as they stand in the files. */
  readonly stated: Layer;
  /** The values after the translation of `features`. */
  readonly layer: Layer;
}

/**
 * The entry of a section. There is none if the section lacks vendor or product and would match everything. The parser
 * drops such sections.
 */
function entryOf(stated: Layer, source: string | null, findings: MergeFinding[]): DeviceEntry[] {
  const { vendor, product, revision } = stated;
  if (vendor === undefined || product === undefined) return [];
  const isVendor = matcherOf(vendor.value);
  const isProduct = matcherOf(product.value);
  const isRevision = revision === undefined ? () => true : matcherOf(revision.value);
  const matches = (device: DeviceIdentity): boolean =>
    isVendor(device.vendor) && isProduct(device.product) && (device.revision === null || isRevision(device.revision));
  return [
    {
      vendor: vendor.value,
      product: product.value,
      revision: revision?.value ?? null,
      stated,
      layer: translateFeatures(stated, findings),
      source,
      blacklists: productBlacklist(stated),
      matches,
    },
  ];
}

function namesOf({ vendor, product, revision }: Layer): Array<string | null> {
  return [vendor, product, revision].map((setting) => setting?.value ?? null);
}

/** Two sections with the same strings are the same entry. */
function keyOf(stated: Layer): string {
  return JSON.stringify(namesOf(stated));
}

/** The hardware table. Its patterns are compiled once, and not for each configuration. */
const BUILT_IN: ReadonlyMap<string, DeviceEntry> = new Map(
  HARDWARE_TABLE.flatMap((row) => entryOf(layerOfEntry(row), row.source, [])).map((entry) => [
    keyOf(entry.stated),
    entry,
  ]),
);

const BUILT_IN_ENTRIES: readonly DeviceEntry[] = [...BUILT_IN.values()];

/**
 * The entries of the hardware table, then those of the files. Entries with the same vendor, product and revision (as
 * strings) become one, in the place of the last.
 */
export function mergeDevices(blocks: readonly Block[], findings: MergeFinding[]): readonly DeviceEntry[] {
  if (blocks.length === 0) return BUILT_IN_ENTRIES;
  const ofFiles = new Map<string, { stated: Layer; source: string | null }>();
  for (const block of blocks) {
    const stated = layerOfBlock('devices', block);
    const key = keyOf(stated);
    const earlier = ofFiles.get(key) ?? BUILT_IN.get(key);
    ofFiles.delete(key);
    ofFiles.set(key, { stated: { ...earlier?.stated, ...stated }, source: earlier?.source ?? null });
  }
  const untouched = [...BUILT_IN].flatMap(([key, entry]) => (ofFiles.has(key) ? [] : [entry]));
  return [...untouched, ...[...ofFiles.values()].flatMap(({ stated, source }) => entryOf(stated, source, findings))];
}

/** The values of the `protocol` sections, by type. */
export function mergeProtocols(blocks: readonly Block[]): Map<string, Layer> {
  const byType = new Map<string, Layer>();
  for (const block of blocks) {
    const layer = layerOfBlock('protocol', block);
    const type = layer.type?.value;
    if (type !== undefined) byType.set(type, { ...byType.get(type), ...layer });
  }
  return byType;
}

/** The values of the `multipath` sections, by WWID. */
export function mergeMultipaths(blocks: readonly Block[], findings: MergeFinding[]): Map<string, MultipathEntry> {
  const byWwid = new Map<string, Layer>();
  for (const block of blocks) {
    const layer = layerOfBlock('multipaths', block);
    const wwid = layer.wwid?.value;
    if (wwid !== undefined) byWwid.set(wwid, { ...byWwid.get(wwid), ...layer });
  }
  return new Map([...byWwid].map(([wwid, stated]) => [wwid, { stated, layer: translateFeatures(stated, findings) }]));
}
