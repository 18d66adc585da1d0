/**
 * The configuration in force: the files' values over the hardware table and the defaults, each value with its origin
 * (multipath.conf(5): precedence).
 */
import type { Configuration } from './configuration';
import { DEFAULTS } from './defaults';
import type { DaemonKeyword, MapKeyword, MaybeUnset, PathKeyword } from './defaults';
import type { DeviceIdentity } from './device';
import type { MergeFinding } from './finding';
import { ALL_KEYWORDS } from './keywords';
import { layerOf, layerOfBlock } from './layers';
import type { Layer } from './layers';
import { mergeDevices, mergeMultipaths, mergeProtocols } from './merge';
import type { DeviceEntry, MultipathEntry } from './merge';
import { statedRules, withBuiltIn } from './rules';
import type { RuleBook } from './rules';
import type { Keyword, Setting, SettingValues } from './settings';
import { pollingIntervals, translateMarginal, translateDelays, translateFeatures } from './translate';

/**
 * A configuration with compiled patterns and merged sections. It is derived from `source` each time, and never stored.
 */
export interface EffectiveConfiguration {
  readonly source: Configuration;
  /** Findings that show only in the merged configuration. */
  readonly findings: readonly MergeFinding[];
  /** With the built-in defaults below the files' values. */
  readonly defaults: Layer;
  /**
   * The hardware table and the entries of the files. Of the matching entries, the last one that sets a keyword counts.
   */
  readonly devices: readonly DeviceEntry[];
  readonly overrides: Layer;
  /** By type. */
  readonly protocols: ReadonlyMap<string, Layer>;
  /** By WWID. */
  readonly multipaths: ReadonlyMap<string, MultipathEntry>;
  /** The blacklist and its exceptions, with the built-in rules. */
  readonly rules: RuleBook;
  /** The rules for a kernel that multipaths NVMe itself. */
  readonly rulesNativeNvme: RuleBook;
  /** Settings that were looked up before, by kind of device: thousands of paths are of one kind. */
  readonly resolved: Map<string, Resolved>;
}

/** A setting of a keyword. The value is null if the keyword is unset and has no default. */
export type Found<K extends Keyword> = Setting<SettingValues[K] | MaybeUnset<K>>;

/** The settings of these keywords. */
export type Settings<A extends Keyword> = { readonly [K in A]: Found<K> };

/** All settings of one kind of device. */
interface Resolved {
  readonly path: Settings<PathKeyword>;
  readonly map: Settings<MapKeyword>;
}

/** Number of kinds that are kept. Real storage does not have so many; more must be invented. */
const REMEMBERED = 1024;

const BUILT_IN_DEFAULTS: Layer = layerOf(DEFAULTS, { from: 'default' });

/** Merges the sections. It never fails; its findings say what is wrong. */
export function mergeConfiguration(source: Configuration): EffectiveConfiguration {
  const findings: MergeFinding[] = [];
  const stated = translateFeatures(layerOfBlock('defaults', source.defaults), findings);
  const devices = mergeDevices(source.devices, findings);
  const rules = statedRules(source);
  const products = devices.flatMap(({ blacklists }) => blacklists ?? []);
  return {
    source,
    defaults: { ...BUILT_IN_DEFAULTS, ...stated, ...pollingIntervals(stated) },
    devices,
    overrides: translateFeatures(layerOfBlock('overrides', source.overrides), findings),
    protocols: mergeProtocols(source.protocols),
    multipaths: mergeMultipaths(source.multipaths, findings),
    ...withBuiltIn(rules, products),
    resolved: new Map(),
    findings,
  };
}

/** The device entries that match a device, in their order. */
export function matchingEntries(config: EffectiveConfiguration, device: DeviceIdentity): DeviceEntry[] {
  return config.devices.filter((entry) => entry.matches(device));
}

const UNSET: Setting<null> = { value: null, origin: { from: 'default' } };

const ALL_UNSET: Layer = Object.fromEntries(ALL_KEYWORDS.map((keyword) => [keyword, UNSET]));

/** A layer that already contains the defaults. Only a keyword without a default can be missing. */
function complete(layer: Layer): Settings<Keyword> {
  return { ...ALL_UNSET, ...layer } as Settings<Keyword>;
}

function resolve(config: EffectiveConfiguration, device: DeviceIdentity | null, multipath: Layer): Resolved {
  let layer = config.defaults;
  if (device !== null) for (const entry of matchingEntries(config, device)) layer = { ...layer, ...entry.layer };
  layer = { ...layer, ...config.overrides };
  const protocol = device === null ? undefined : config.protocols.get(device.protocol);
  const { prio = layer.prio, prio_args = layer.prio_args } = multipath;
  return {
    path: complete({ ...layer, ...protocol, prio, prio_args }),
    map: complete(translateMarginal(translateDelays({ ...layer, ...multipath }, config.defaults.max_polling_interval))),
  };
}

const NOTHING: Layer = {};

/** The settings of the map's own section. */
function layerOfMap(config: EffectiveConfiguration, wwid: string | null): Layer | undefined {
  return wwid === null ? undefined : config.multipaths.get(wwid)?.layer;
}

function resolvedOf(config: EffectiveConfiguration, device: DeviceIdentity | null, wwid: string | null): Resolved {
  const multipath = layerOfMap(config, wwid);
  const kind =
    device === null ? '' : `${device.vendor}\0${device.product}\0${device.revision ?? '\0'}\0${device.protocol}`;
  const key = multipath === undefined ? kind : `${kind}\0\0${wwid}`;
  const known = config.resolved.get(key);
  if (known !== undefined) return known;
  if (config.resolved.size >= REMEMBERED) config.resolved.clear();
  const resolved = resolve(config, device, multipath ?? NOTHING);
  config.resolved.set(key, resolved);
  return resolved;
}

/** A setting of the daemon: from `defaults`, or the built-in default. */
export function daemonSetting<K extends DaemonKeyword>(config: EffectiveConfiguration, keyword: K): Found<K> {
  return (config.defaults[keyword] ?? UNSET) as Found<K>;
}

/**
 * The settings of a path, by precedence: `multipaths` (for prio and its arguments only), `protocol` (for what it can
 * set), `overrides`, `devices`, `defaults`, built-in. `wwid`: the WWID of the path's map, if it is known.
 */
export function allPathSettings(
  config: EffectiveConfiguration,
  device: DeviceIdentity,
  wwid: string | null,
): Settings<PathKeyword> {
  const { prio, prio_args } = layerOfMap(config, wwid) ?? NOTHING;
  // Paths share a cache entry if their maps' sections set neither of the two.
  return resolvedOf(config, device, prio === undefined && prio_args === undefined ? null : wwid).path;
}

/** One of {@link allPathSettings}. */
export function pathSetting<K extends PathKeyword>(
  config: EffectiveConfiguration,
  device: DeviceIdentity,
  keyword: K,
  wwid: string | null = null,
): Found<K> {
  return allPathSettings(config, device, wwid)[keyword];
}

/**
 * The settings of a map, by precedence: `multipaths`, `overrides`, `devices`, `defaults`, built-in. `device`: the map's
 * first path; null: the map has no path, and no device entry applies.
 */
export function allMapSettings(
  config: EffectiveConfiguration,
  device: DeviceIdentity | null,
  wwid: string,
): Settings<MapKeyword> {
  return resolvedOf(config, device, wwid).map;
}

/** One of {@link allMapSettings}. */
export function mapSetting<K extends MapKeyword>(
  config: EffectiveConfiguration,
  device: DeviceIdentity | null,
  wwid: string,
  keyword: K,
): Found<K> {
  return allMapSettings(config, device, wwid)[keyword];
}
