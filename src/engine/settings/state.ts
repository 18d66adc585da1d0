/** The configuration in force, and what was worked out of it. */
import type { Binding } from '../../config/bindings';
import { emptyConfiguration } from '../../config/configuration';
import type { MapKeyword, PathKeyword } from '../../config/defaults';
import { type EffectiveConfiguration, mergeConfiguration, type Settings } from '../../config/effective';
import type { Ere } from '../../config/ere';
import type { Setting } from '../../config/settings';
import type { BlockFacts, Checker } from '../../model/facts';
import type { Wwid } from '../../model/identity';
import type { Ms } from '../../model/units';
import type { Grouping } from '../../policy/grouping';
import type { Prioritizer } from '../../policy/prioritizers/prioritizers';
import type { CoreContext } from '../core/core';
import type { EngineOptions } from '../core/options';

export interface SettingsState {
  /** The configuration in force. */
  configuration: EffectiveConfiguration;
  /** The aliases in it. */
  configuredAliases: readonly Binding[];
  /** The kernel multipaths NVMe itself. */
  nativeNvme: boolean;
  polling: Polling;
  /** Settings that were worked out of the configuration and of facts: made anew where they are missing. */
  settingsCache: SettingsCache;
  /** What was told once since the configuration came into force. */
  readonly warned: Set<string>;
}

export type SettingsContext = CoreContext & SettingsState;

/** The checkers' pace, ms. */
export interface Polling {
  intervalMs: Ms;
  maxIntervalMs: Ms;
}

/** Of a path, each with where it comes from. */
export interface PathSettings {
  prioritizer: Setting<Prioritizer>;
  checker: Setting<Checker>;
  /** ms */
  checkTimeoutMs: Setting<number>;
  /** What holds as it is configured: all keywords but those that one of the above is worked out of. */
  configured: Settings<Exclude<PathKeyword, 'prio' | 'prio_args' | 'detect_prio' | 'path_checker' | 'detect_checker'>>;
}

/** Of a map, each with where it comes from. */
export interface MapSettings {
  grouping: Setting<Grouping>;
  selector: Setting<string>;
  /** `2 pg_init_retries 50`; never with `queue_if_no_path`. */
  features: Setting<string>;
  /** Words without their count. */
  handler: Setting<string[]>;
  /** What holds as it is configured: all keywords but those that one of the above is worked out of. */
  configured: Settings<Exclude<MapKeyword, GroupingKeyword | 'path_selector' | 'features' | 'hardware_handler'>>;
}

type GroupingKeyword = 'path_grouping_policy' | 'detect_pgpolicy' | 'detect_pgpolicy_use_tpg';

/** By the facts that they are about. */
export interface SettingsCache {
  paths: WeakMap<BlockFacts, { wwid: Wwid | null; settings: PathSettings }>;
  /** By the facts of the map's first path, with those of all its paths. */
  maps: WeakMap<BlockFacts, { wwid: Wwid; facts: readonly BlockFacts[]; settings: MapSettings }>;
  /** Patterns in arguments; null: it is none. */
  patterns: Map<string, Ere | null>;
}

export function emptySettingsCache(): SettingsCache {
  return { paths: new WeakMap(), maps: new WeakMap(), patterns: new Map() };
}

/** In force until the files are read. */
const NOTHING_SAID = mergeConfiguration(emptyConfiguration());

/** Nothing is configured yet. */
export function createSettings(options: EngineOptions): SettingsState {
  return {
    configuration: NOTHING_SAID,
    configuredAliases: [],
    nativeNvme: false,
    polling: { intervalMs: options.pollingMs ?? 5_000, maxIntervalMs: options.maxPollingMs ?? 20_000 },
    settingsCache: emptySettingsCache(),
    warned: new Set(),
  };
}
