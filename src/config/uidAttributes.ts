/** The udev property that has a disk's WWID: `uid_attrs` and `uid_attribute` of multipath.conf(5). */
import type { DeviceIdentity } from './device';
import { daemonSetting, pathSetting, type EffectiveConfiguration } from './effective';
import type { Setting } from './settings';

/** The valid `type:ATTR` words of `uid_attrs`. */
function wordsOf(uidAttrs: string): Array<{ type: string; attribute: string }> {
  const words = uidAttrs.split(/[ \t]+/).map((word) => ({ word, colon: word.indexOf(':') }));
  const whole = words.filter(({ word, colon }) => colon > 0 && colon < word.length - 1);
  return whole.map(({ word, colon }) => ({ type: word.slice(0, colon), attribute: word.slice(colon + 1) }));
}

/**
 * The name of the property, from the first `type:ATTR` word of `uid_attrs` with whose type the device's name begins.
 */
export function uidAttributeByName(uidAttrs: string, name: string): string | null {
  return wordsOf(uidAttrs).find(({ type }) => name.startsWith(type))?.attribute ?? null;
}

/** The property of a disk; '': there is none, and only the device itself gives the WWID. */
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

/** All properties that may have a WWID. Their values must be kept from each disk's record. */
export function uidAttributesOf(config: EffectiveConfiguration): Set<string> {
  const layers = [config.defaults, ...config.devices.map(({ layer }) => layer), config.overrides];
  const attributes = layers.map((layer) => layer.uid_attribute?.value ?? '');
  const byName = wordsOf(daemonSetting(config, 'uid_attrs').value ?? '').map(({ attribute }) => attribute);
  return new Set([...attributes, ...byName].filter((attribute) => attribute !== ''));
}
