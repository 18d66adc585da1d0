/** Which udev property holds a disk's WWID: `uid_attrs` and `uid_attribute` of multipath.conf(5). */
import type { DeviceIdentity } from './device';
import { daemonSetting, pathSetting, type EffectiveConfiguration } from './effective';
import type { Setting } from './settings';

/** The `type:ATTR` words of `uid_attrs` that say something. */
function wordsOf(uidAttrs: string): Array<{ type: string; attribute: string }> {
  const words = uidAttrs.split(/[ \t]+/).map((word) => ({ word, colon: word.indexOf(':') }));
  const whole = words.filter(({ word, colon }) => colon > 0 && colon < word.length - 1);
  return whole.map(({ word, colon }) => ({ type: word.slice(0, colon), attribute: word.slice(colon + 1) }));
}

/** The property's name, by the first `type:ATTR` word of `uid_attrs` whose type the device's name begins with. */
export function uidAttributeByName(uidAttrs: string, name: string): string | null {
  return wordsOf(uidAttrs).find(({ type }) => name.startsWith(type))?.attribute ?? null;
}

/** The property of a disk; '': none, it goes by what the device itself says. */
export function uidAttributeOfDisk(
  config: EffectiveConfiguration,
  device: DeviceIdentity,
  name: string,
): Setting<string> {
  const uidAttrs = daemonSetting(config, 'uid_attrs');
  const attribute = uidAttrs.value === null ? null : uidAttributeByName(uidAttrs.value, name);
  return attribute === null
    ? pathSetting(config, device, 'uid_attribute')
    : { value: attribute, origin: uidAttrs.origin };
}

/** All properties that may hold a WWID: their values must be kept of each disk's record. */
export function uidAttributesOf(config: EffectiveConfiguration): Set<string> {
  const layers = [config.defaults, ...config.devices.map(({ layer }) => layer), config.overrides];
  const attributes = layers.map((layer) => layer.uid_attribute?.value ?? '');
  const byName = wordsOf(daemonSetting(config, 'uid_attrs').value ?? '').map(({ attribute }) => attribute);
  return new Set([...attributes, ...byName].filter((attribute) => attribute !== ''));
}
