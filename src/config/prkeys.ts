/** Persistent reservation keys, as `reservation_key` in multipath.conf and the prkeys file spell them. */
import type { Wwid } from '../model/identity';

/** A key, and whether its registration survives a loss of power (APTPL). */
export interface ReservationKey {
  /** 16 lower-case hex digits. */
  key: string;
  aptpl: boolean;
}

/** The key of one LUN. */
export interface KeyOfWwid extends ReservationKey {
  wwid: Wwid;
}

/** What a prkeys file holds. The keys are secrets: warnings have line numbers only. */
export interface ParsedKeys {
  keys: KeyOfWwid[];
  warnings: string[];
}

const HEADER = [
  '# Multipath persistent reservation keys, Version : 1.0',
  '# NOTE: this file is automatically maintained by the multipathd program.',
  '# You should not need to edit this file in normal circumstances.',
  '#',
  '# Format:',
  '# prkey wwid',
  '#',
  '',
].join('\n');

const MAX_WWID = 127;

/**
 * The value of `reservation_key`: up to 16 hex digits, `0x` before and `:aptpl` after them if wanted; null: not a key.
 */
export function parseReservationKey(text: string): ReservationKey | null {
  const [key = '', ...flags] = text.split(':');
  // One zero may stand before the digits, with or without its x; alone it is no key.
  const digits = /^0?x?([0-9a-f]{1,16})$/i.exec(key)?.[1];
  if (digits === undefined || key === '0') return null;
  return { key: digits.toLowerCase().padStart(16, '0'), aptpl: flags.join(':') === 'aptpl' };
}

/** One line; null: it is not an entry. An upper-case X stands for APTPL. */
function parseLine(line: string): KeyOfWwid | null {
  const [, x, digits, wwid] = /^0([xX])([0-9a-fA-F]{16})[ \t]+([!-~]+)[ \t\r]*$/.exec(line) ?? [];
  if (digits === undefined || wwid === undefined || wwid.length > MAX_WWID) return null;
  return { key: digits.toLowerCase(), aptpl: x === 'X', wwid };
}

/** Reads a prkeys file; never throws. Of several entries for one WWID the first counts. */
export function parseKeys(text: string): ParsedKeys {
  const keys = new Map<Wwid, KeyOfWwid>();
  const warnings: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const entry = parseLine(line);
    if (entry === null) warnings.push(`line ${index + 1}: no key with a WWID, ignored`);
    else if (keys.has(entry.wwid)) warnings.push(`line ${index + 1}: one more key for ${entry.wwid}, ignored`);
    else keys.set(entry.wwid, entry);
  }
  return { keys: [...keys.values()], warnings };
}

/** The text of a prkeys file. */
export function formatKeys(keys: readonly KeyOfWwid[]): string {
  return HEADER + keys.map(({ key, aptpl, wwid }) => `0${aptpl ? 'X' : 'x'}${key} ${wwid}\n`).join('');
}
