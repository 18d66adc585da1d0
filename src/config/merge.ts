/**
 * Sections that are about the same thing put into one: the later one wins, keyword by keyword. What is
 * wrong with sections of files the parser has told and settled already (parse/mergeSections.ts).
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

/** What is said of one kind of device. */
export interface DeviceEntry {
  readonly vendor: string;
  readonly product: string;
  readonly revision: string | null;
  /** As it stands in the table or in the files. */
  readonly stated: Layer;
  /** What it comes to. */
  readonly layer: Layer;
  /** Where the facts of the hardware table's entry are from; null: only files speak of it. */
  readonly source: string | null;
  /** The rule of its `product_blacklist`. */
  readonly blacklists: DeviceRule | null;
  matches(device: DeviceIdentity): boolean;
}

/** What is said of one map. */
export interface MultipathEntry {
  /** As it stands in the files. */
  readonly stated: Layer;
  /** What it comes to. */
  readonly layer: Layer;
}

/** None if it lacks vendor or product and would match everything; the parser drops those. */
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

/** The same strings: the same entry. */
function keyOf(stated: Layer): string {
  return JSON.stringify(namesOf(stated));
}

/** The hardware table, whose patterns are compiled once and not for each configuration. */
const BUILT_IN: ReadonlyMap<string, DeviceEntry> = new Map(
  HARDWARE_TABLE.flatMap((row) => entryOf(layerOfEntry(row), row.source, [])).map((entry) => [
    keyOf(entry.stated),
    entry,
  ]),
);

const BUILT_IN_ENTRIES: readonly DeviceEntry[] = [...BUILT_IN.values()];

/**
 * The hardware table and then the files' entries; those of one vendor, product and revision (as strings)
 * in one, in the place of the last.
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

/** What the `protocol` sections say, by type. */
export function mergeProtocols(blocks: readonly Block[]): Map<string, Layer> {
  const byType = new Map<string, Layer>();
  for (const block of blocks) {
    const layer = layerOfBlock('protocol', block);
    const type = layer.type?.value;
    if (type !== undefined) byType.set(type, { ...byType.get(type), ...layer });
  }
  return byType;
}

/** What the `multipath` sections say, by WWID. */
export function mergeMultipaths(blocks: readonly Block[], findings: MergeFinding[]): Map<string, MultipathEntry> {
  const byWwid = new Map<string, Layer>();
  for (const block of blocks) {
    const layer = layerOfBlock('multipaths', block);
    const wwid = layer.wwid?.value;
    if (wwid !== undefined) byWwid.set(wwid, { ...byWwid.get(wwid), ...layer });
  }
  return new Map([...byWwid].map(([wwid, stated]) => [wwid, { stated, layer: translateFeatures(stated, findings) }]));
}
