/** The bindings file, in the format of multipath-tools: which alias belongs to which WWID. */
import type { Wwid } from '../model/identity';

/** One line of the bindings file. */
export interface Binding {
  alias: string;
  wwid: Wwid;
}

/** A present name in device-mapper. `wwid` is null if the device is no multipath map. */
export interface DmName {
  name: string;
  wwid: Wwid | null;
}

/** The contents of a bindings file, and what was wrong with it. */
export interface ParsedBindings {
  /** In the order of the file. */
  bindings: Binding[];
  /** True if the header is not ours, or if lines contradicted each other. */
  needsRewrite: boolean;
  /** The number of lines without a binding. A rewrite would lose these lines. */
  unreadable: number;
  warnings: string[];
}

/** Names and UUIDs are shorter than DM_NAME_LEN and WWID_SIZE (128 bytes with their NUL). */
const MAX_BYTES = 127;
/** Numbers of aliases fit into 31 bits, as in multipath-tools. So both give the same names. */
export const MAX_ID = 0x7fffffff;
/** `fxshrxw` is number 2^31-1. */
const MAX_LETTERS = 7;

/** Each warning is a line of the log, and nobody reads thousands. */
const MOST_WARNINGS = 100;

const HEADER = [
  '# Multipath bindings, Version : 1.0',
  '# NOTE: this file is automatically maintained by the multipath program.',
  '# You should not need to edit this file in normal circumstances.',
  '#',
  '# Format:',
  '# alias wwid',
  '#',
  '',
].join('\n');

const encoder = new TextEncoder();

const ASCII = /^[ -~]*$/;

/** Nearly all names are ASCII, and there may be thousands to sort. */
function byteLength(text: string): number {
  return ASCII.test(text) ? text.length : encoder.encode(text).length;
}

/** The order of the file: by length, then by bytes. So `mpathz` comes before `mpathaa`. */
export function compareBindings(a: Binding, b: Binding): number {
  const byLength = byteLength(a.alias) - byteLength(b.alias);
  if (byLength !== 0 || a.alias === b.alias) return byLength;
  if (ASCII.test(a.alias) && ASCII.test(b.alias)) return a.alias < b.alias ? -1 : 1;
  return compareBytes(encoder.encode(a.alias), encoder.encode(b.alias));
}

/** Compares two names of equal length. */
function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const at = left.findIndex((byte, i) => byte !== right[i]);
  return (left[at] ?? 0) - (right[at] ?? 0);
}

/** In the order of the file. */
export function sorted(bindings: readonly Binding[]): Binding[] {
  if (bindings.every(({ alias }) => ASCII.test(alias))) return [...bindings].sort(compareBindings);
  // To encode the names in each comparison would take seconds.
  return bindings
    .map((binding) => ({ binding, bytes: encoder.encode(binding.alias) }))
    .sort((a, b) => a.bytes.length - b.bytes.length || compareBytes(a.bytes, b.bytes))
    .map(({ binding }) => binding);
}

/** False for names that device-mapper refuses (with `/`), and for names that may do harm in files and in `/dev`. */
export function isUsableAlias(alias: string): boolean {
  return !/[\u0000-\u001f\u007f/]/.test(alias) && alias !== '.' && alias !== '..' && byteLength(alias) <= MAX_BYTES;
}

/** The words of one line of the file, without its comment and line end. */
function wordsOf(line: string): string[] {
  const end = line.search(/[#\r]/);
  return (end < 0 ? line : line.slice(0, end)).split(/[ \t]+/).filter((word) => word !== '');
}

/**
 * Reads a bindings file; never throws. `configured`: the aliases of `multipaths` sections. A line that contradicts one
 * of them is dropped.
 */
export function parseBindings(text: string, configured: readonly Binding[] = []): ParsedBindings {
  const byAlias = new Map<string, Wwid>();
  const fixed = new Map(configured.map(({ alias, wwid }) => [alias, wwid]));
  const warnings: string[] = [];
  let needsRewrite = !text.startsWith(HEADER);
  let unreadable = 0;
  let untold = 0;

  for (const [index, line] of text.split('\n').entries()) {
    const [alias, wwid, extra] = wordsOf(line);
    const warn = (what: string): void => {
      if (warnings.length < MOST_WARNINGS) warnings.push(`line ${index + 1}: ${what}`);
      else untold += 1;
    };
    const refuse = (why: string): void => {
      unreadable += 1;
      warn(why);
    };
    if (alias === undefined) continue;
    if (wwid === undefined) {
      refuse(`no WWID for alias "${alias}"`);
      continue;
    }
    if (byteLength(wwid) > MAX_BYTES) {
      refuse(`WWID of alias "${alias}" is too long`);
      continue;
    }
    if (!isUsableAlias(alias)) {
      refuse('device-mapper cannot hold this alias');
      continue;
    }
    if (extra !== undefined) warn(`"${extra}" after the WWID is ignored`);
    const known = fixed.get(alias) ?? byAlias.get(alias);
    if (known !== undefined && known !== wwid) {
      warn(`alias "${alias}" belongs to ${known}, the line for ${wwid} is dropped`);
      needsRewrite = true;
      continue;
    }
    if (byAlias.has(alias)) warn(`alias "${alias}" is bound twice to ${wwid}`);
    byAlias.set(alias, wwid);
  }
  if (untold > 0) warnings.push(`${untold} further lines are at fault`);
  if (text !== '' && !text.endsWith('\n')) warnings.push('its last line has no end: was the file cut off there?');
  const bindings = [...byAlias].map(([alias, wwid]) => ({ alias, wwid }));
  return { bindings: sorted(bindings), needsRewrite, unreadable, warnings };
}

/** The text of a bindings file, sorted by length and then by bytes. */
export function formatBindings(bindings: readonly Binding[]): string {
  return (
    HEADER +
    sorted(bindings)
      .map(({ alias, wwid }) => `${alias} ${wwid}\n`)
      .join('')
  );
}

/** The alias with number `id`: 1 is `a`, 26 `z`, 27 `aa`; null if the number is not 1..2^31-1. */
export function formatAlias(id: number, prefix: string): string | null {
  if (!Number.isInteger(id) || id < 1 || id > MAX_ID) return null;
  let letters = '';
  for (let rest = id; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(97 + ((rest - 1) % 26)) + letters;
  }
  return prefix + letters;
}

/** The number of an alias; null if the alias is not the prefix and letters. A blank ends the alias. */
export function parseAlias(alias: string, prefix: string): number | null {
  if (!alias.startsWith(prefix)) return null;
  const rest = alias.slice(prefix.length);
  if (rest.length > MAX_LETTERS) return null;
  const letters = /^([a-z]+)(?:[ \t]|$)/.exec(rest)?.[1];
  if (letters === undefined) return null;
  let id = 0;
  for (const letter of letters) id = id * 26 + letter.charCodeAt(0) - 96;
  return id <= MAX_ID ? id : null;
}
