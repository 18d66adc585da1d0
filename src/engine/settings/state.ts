/** The configuration in force, and what was worked out of it. */
import type { Binding } from '../../config/bindings';
import { emptyConfiguration } from '../../config/configuration';
import { type EffectiveConfiguration, mergeConfiguration } from '../../config/effective';
import type { Ere } from '../../config/ere';
import type { BlockFacts } from '../../model/facts';
import type { Wwid } from '../../model/identity';
import type { Ms } from '../../model/units';
import type { CoreContext } from '../core/core';
import type { EngineOptions } from '../core/options';
import type { MapSettings, PathSettings } from './types';

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
