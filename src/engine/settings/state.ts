/** The configuration in force, and what was derived from it. */
import type { Binding } from '../../config/bindings';
import { emptyConfiguration } from '../../config/configuration';
import type { MapKeyword, PathKeyword } from '../../config/defaults';
import { type EffectiveConfiguration, mergeConfiguration, type Settings } from '../../config/effective';
import type { Ere } from '../../config/ere';
import type { Setting } from '../../config/settings';
import type { BlockFacts, Checker } from '../../model/facts';
import type { Wwid } from '../../model/identity';
import type { Ms, Seq } from '../../model/units';
import type { Grouping } from '../../policy/grouping';
import type { Prioritizer } from '../../policy/prioritizers/prioritizers';
import type { CoreContext } from '../core/core';
import type { EngineOptions } from '../core/options';

export interface SettingsState {
  /** The configuration in force. */
  configuration: EffectiveConfiguration;
  /** The aliases in the configuration. */
  configuredAliases: readonly Binding[];
  /** Input number at which the configuration came into force. */
  configuredAt: Seq;
  /** True if the kernel itself multipaths NVMe. */
  nativeNvme: boolean;
  polling: Polling;
  /** Settings that were derived from the configuration and from facts. A missing entry is derived again. */
  settingsCache: SettingsCache;
  /** Lines that were logged once since the configuration came into force. */
  readonly warned: Set<string>;
}

export type SettingsContext = CoreContext & SettingsState;

/** The pace of the checkers, ms. */
export interface Polling {
  intervalMs: Ms;
  maxIntervalMs: Ms;
}

/** The settings of a path, each with its origin. */
export interface PathSettings {
  prioritizer: Setting<Prioritizer>;
  checker: Setting<Checker>;
  /** ms */
  checkTimeoutMs: Setting<number>;
  /** Settings that hold as they are configured: all keywords except those from which a field above is derived. */
  configured: Settings<Exclude<PathKeyword, 'prio' | 'prio_args' | 'detect_prio' | 'path_checker' | 'detect_checker'>>;
}

/** The settings of a map, each with its origin. */
export interface MapSettings {
  grouping: Setting<Grouping>;
  selector: Setting<string>;
  /** `2 pg_init_retries 50`; never with `queue_if_no_path`. */
  features: Setting<string>;
  /** The words without their count. */
  handler: Setting<string[]>;
  /** Settings that hold as they are configured: all keywords except those from which a field above is derived. */
  configured: Settings<Exclude<MapKeyword, GroupingKeyword | 'path_selector' | 'features' | 'hardware_handler'>>;
}

type GroupingKeyword = 'path_grouping_policy' | 'detect_pgpolicy' | 'detect_pgpolicy_use_tpg';

/** Derived settings, by the facts that they rest on. */
export interface SettingsCache {
  paths: WeakMap<BlockFacts, { wwid: Wwid | null; settings: PathSettings }>;
  /** By the facts of the map's first path; an entry has the facts of all its paths. */
  maps: WeakMap<BlockFacts, { wwid: Wwid; facts: readonly BlockFacts[]; settings: MapSettings }>;
  /** Patterns in arguments; null: the text is no regular expression. */
  patterns: Map<string, Ere | null>;
}

export function emptySettingsCache(): SettingsCache {
  return { paths: new WeakMap(), maps: new WeakMap(), patterns: new Map() };
}

/** The configuration that is in force until the files are read. */
const NOTHING_SAID = mergeConfiguration(emptyConfiguration());

/** The state before the files are read. */
export function createSettings(options: EngineOptions): SettingsState {
  return {
    configuration: NOTHING_SAID,
    configuredAt: 0,
    configuredAliases: [],
    nativeNvme: false,
    polling: { intervalMs: options.pollingMs ?? 5_000, maxIntervalMs: options.maxPollingMs ?? 20_000 },
    settingsCache: emptySettingsCache(),
    warned: new Set(),
  };
}
