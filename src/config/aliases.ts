/** The name that the configuration gives a map. */
import type { Binding } from './bindings';
import type { DeviceIdentity } from './device';
import { mapSetting, type EffectiveConfiguration } from './effective';
import type { Wwid } from '../model/identity';

/** The source of a map's name. */
export type NameRule =
  /** `alias` of the map's `multipath` section. */
  | { by: 'alias'; name: string }
  /** `user_friendly_names`: the map's alias in the bindings file, or a new one. */
  | { by: 'bindings'; prefix: string }
  | { by: 'wwid' };

/** `device`: one of the map's paths; null: no path is known, and settings of devices do not count. */
export function nameRuleOf(config: EffectiveConfiguration, device: DeviceIdentity | null, wwid: Wwid): NameRule {
  const alias = mapSetting(config, device, wwid, 'alias').value;
  if (alias !== null) return { by: 'alias', name: alias };
  if (!mapSetting(config, device, wwid, 'user_friendly_names').value) return { by: 'wwid' };
  return { by: 'bindings', prefix: mapSetting(config, device, wwid, 'alias_prefix').value };
}

/** The aliases of `multipath` sections. No other map may get one of them. */
export function configuredAliases(config: EffectiveConfiguration): Binding[] {
  const aliases: Binding[] = [];
  for (const [wwid, { layer }] of config.multipaths)
    if (layer.alias !== undefined) aliases.push({ alias: layer.alias.value, wwid });
  return aliases;
}
