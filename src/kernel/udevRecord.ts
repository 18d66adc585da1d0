/** Records of udev's database, `/run/udev/data/b8:0` (systemd: src/libsystemd/sd-device, device_update_db). */

import type { DiskSeq } from '../model/identity';

/** Property names as udev rules can make them. */
const KEY = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Buffer): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function hasControls(text: string): boolean {
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function* linesOf(bytes: Buffer): Generator<Buffer> {
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(0x0a, start);
    yield bytes.subarray(start, end < 0 ? bytes.length : end);
    if (end < 0) return;
    start = end + 1;
  }
}

/** `I:12239292`: the time at which udev finished with the device, µs; 0: never. */
function isInitialized(text: string): boolean {
  return /^\d{1,20}$/.test(text) && /[1-9]/.test(text);
}

/** Since systemd 250 the rules link each disk by its sequence number. */
const BY_DISKSEQ = 'S:disk/by-diskseq/';

/** A record belongs to a device number. While udevd is stopped, a new disk has the record of the disk before it. */
function isOthers(link: string, diskseq: DiskSeq): boolean {
  const named = /^\d+$/.exec(link)?.[0];
  return diskseq !== null && named !== undefined && Number(named) !== diskseq;
}

/**
 * A device's properties (`E:` lines), or null if udev has not finished with the device (no `I:` line), or the record is
 * that of an earlier disk with this number. The record is untrusted. A property is left out if its value is not UTF-8
 * or holds control characters: two such values could become the same WWID after decoding.
 */
export function parseUdevRecord(bytes: Buffer, diskseq: DiskSeq = null): Record<string, string> | null {
  const properties = new Map<string, string>();
  let initialized = false;
  let others = false;
  for (const line of linesOf(bytes)) {
    const text = textOf(line);
    if (text === null || hasControls(text)) continue;
    if (text.startsWith(BY_DISKSEQ)) others ||= isOthers(text.slice(BY_DISKSEQ.length), diskseq);
    if (text.startsWith('I:')) initialized ||= isInitialized(text.slice(2));
    if (!text.startsWith('E:')) continue;
    const equals = text.indexOf('=');
    const key = text.slice(2, equals);
    if (equals > 0 && KEY.test(key)) properties.set(key, text.slice(equals + 1));
  }
  return initialized && !others ? Object.fromEntries(properties) : null;
}
