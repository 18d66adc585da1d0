/**
 * Names and UUIDs of device-mapper have two forms: the plain form, and the form that libdevmapper gives to the kernel.
 * In the kernel's form a byte that could confuse udev's rules is `\xNN` (libdm-common.c, mangle_string); a blank, for
 * example, separates the names of links. So mpathd finds a map `a b` that dmsetup or multipath-tools made, and they
 * find the maps of mpathd. Only calls of the addon use the kernel's form.
 */
import type { NativeDmEntry, NativeMap, NativeResult, NativeWritten } from '../../native/mpathd';
import type { Addon } from './native';

/** All characters except those that libdm does not change (its _is_whitelisted_char). */
const NOT_PLAIN = /[^0-9A-Za-z#+\-.:=@_]+/gu;
const MANGLED = /(?:\\x[0-9a-f]{2})+/g;

/** The kernel's form of a name or UUID. */
export function mangle(text: string): string {
  return text.replace(NOT_PLAIN, (part) => Buffer.from(part).toString('hex').replace(/../g, '\\x$&'));
}

/** The plain form of a kernel's name or UUID. A text that is not in the kernel's form stays as it is. */
export function unmangle(raw: string): string {
  if (!raw.includes('\\x')) return raw;
  const text = raw.replace(MANGLED, (bytes) => Buffer.from(bytes.replaceAll('\\x', ''), 'hex').toString());
  return mangle(text) === raw ? text : raw;
}

/** The part of the addon whose calls take or give names and UUIDs. */
export type NamingAddon = Pick<
  Addon,
  'dmList' | 'dmRead' | 'dmSnapshot' | 'dmCreate' | 'dmReload' | 'dmRename' | 'dmRemove' | 'dmMessage'
>;

function entryMeant(entry: NativeDmEntry): NativeDmEntry {
  return { ...entry, name: unmangle(entry.name), uuid: unmangle(entry.uuid) };
}

function mapMeant(map: NativeMap): NativeMap {
  return { ...map, name: unmangle(map.name), uuid: unmangle(map.uuid) };
}

function resultMeant(result: NativeResult<{ map: NativeMap }>): NativeResult<{ map: NativeMap }> {
  return result.errno === null ? { ...result, map: mapMeant(result.map) } : result;
}

function writtenMeant<T extends { map: NativeMap }>(written: NativeWritten<T>): NativeWritten<T> {
  return written.errno === null ? { ...written, map: mapMeant(written.map) } : written;
}

/** The addon, with names and UUIDs in their plain form. */
export function withMeantNames<A extends NamingAddon>(addon: A): A {
  const naming: NamingAddon = {
    dmList: async (since) => {
      const result = await addon.dmList(since);
      return result.errno === null ? { ...result, devices: result.devices.map(entryMeant) } : result;
    },
    dmRead: async (by) => resultMeant(await addon.dmRead('uuid' in by ? { uuid: mangle(by.uuid) } : by)),
    dmSnapshot: async (prefix) => {
      const result = await addon.dmSnapshot(prefix);
      if (result.errno !== null) return result;
      const maps = result.maps.map((one) => ({ uuid: unmangle(one.uuid), result: resultMeant(one.result) }));
      return { ...result, devices: result.devices.map(entryMeant), maps };
    },
    dmCreate: async (request) =>
      writtenMeant(await addon.dmCreate({ ...request, name: mangle(request.name), uuid: mangle(request.uuid) })),
    dmReload: async (request) => writtenMeant(await addon.dmReload({ ...request, uuid: mangle(request.uuid) })),
    dmRename: (uuid, newName, udevFlags) => addon.dmRename(mangle(uuid), mangle(newName), udevFlags),
    dmRemove: (uuid, udevFlags) => addon.dmRemove(mangle(uuid), udevFlags),
    dmMessage: (uuid, message) => addon.dmMessage(mangle(uuid), message),
  };
  return { ...addon, ...naming };
}
