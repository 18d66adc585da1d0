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

/** The alias of a map and the list of bindings that goes with it. */
export interface AliasChoice {
  /** null: the map gets no friendly name, and has its WWID as its name. */
  alias: string | null;
  bindings: Binding[];
  /** True if `bindings` differs from the bindings in the request, so that the file must be written. */
  changed: boolean;
  notes: string[];
}

/** Names and UUIDs are shorter than DM_NAME_LEN and WWID_SIZE (128 bytes with their NUL). */
const MAX_BYTES = 127;
/** Numbers of aliases fit into 31 bits, as in multipath-tools. So both give the same names. */
const MAX_ID = 0x7fffffff;
/** `fxshrxw` is number 2^31-1. */
const MAX_LETTERS = 7;

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
function compareBindings(a: Binding, b: Binding): number {
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

function sorted(bindings: readonly Binding[]): Binding[] {
  return [...bindings].sort(compareBindings);
}

/** False for names that device-mapper refuses (with `/`), and for names that may do harm in files and in `/dev`. */
function isUsableAlias(alias: string): boolean {
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

  for (const [index, line] of text.split('\n').entries()) {
    const [alias, wwid, extra] = wordsOf(line);
    const warn = (what: string): void => void warnings.push(`line ${index + 1}: ${what}`);
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

/** True if device-mapper has the name for something other than the map of `wwid`. */
function isTaken(name: string, wwid: Wwid, dmNames: readonly DmName[]): boolean {
  return dmNames.some((dm) => dm.name === name && dm.wwid !== wwid);
}

/** The lowest number whose alias is not bound and is not the name of another dm device; null: no number is left. */
export function freeAliasId(
  bindings: readonly Binding[],
  prefix: string,
  wwid: Wwid,
  dmNames: readonly DmName[],
): number | null {
  const bound = new Set(bindings.map(({ alias }) => parseAlias(alias, prefix)));
  const taken = new Set(dmNames.filter((dm) => dm.wwid !== wwid).map(({ name }) => name));
  for (let id = 1; id <= MAX_ID; id++) {
    const alias = formatAlias(id, prefix);
    if (!bound.has(id) && alias !== null && !taken.has(alias)) return id;
  }
  return null;
}

/** The WWID to which an alias is bound; null: the alias is free. */
export function wwidOfAlias(bindings: readonly Binding[], alias: string): Wwid | null {
  return bindings.find((binding) => binding.alias === alias)?.wwid ?? null;
}

/** Names in use, and the aliases of `multipath` sections, which are reserved for their LUNs. */
export function namesTaken({
  dmNames,
  configured,
}: {
  dmNames: readonly DmName[];
  configured: readonly Binding[];
}): DmName[] {
  return [...dmNames, ...configured.map(({ alias, wwid }) => ({ name: alias, wwid }))];
}

/** The input of {@link chooseAlias}. */
export interface AliasRequest {
  bindings: readonly Binding[];
  wwid: Wwid;
  /** Name of the map with this WWID; null: there is no such map. */
  currentName: string | null;
  prefix: string;
  /** Names in use, and names that are reserved for a LUN. */
  dmNames: readonly DmName[];
  /** True if no alias may be bound. */
  readOnly?: boolean;
}

/** The number under which the present name can be kept; null if this name cannot be bound. */
function idOfCurrentName(request: AliasRequest, notes: string[]): number | null {
  const { bindings, currentName, prefix, wwid, dmNames } = request;
  if (currentName === null) return null;
  const owner = wwidOfAlias(bindings, currentName);
  if (owner === null) {
    const id = parseAlias(currentName, prefix);
    // A blank ends the number. The alias of this number must be the present name itself, or it could be the name of
    // another device.
    return id !== null && formatAlias(id, prefix) === currentName && !isTaken(currentName, wwid, dmNames) ? id : null;
  }
  notes.push(`name ${currentName} of ${wwid} is bound to ${owner}, not kept`);
  return null;
}

/** The friendly name of a map: its present name if the map may keep it, else its binding, else a new alias. */
export function chooseAlias(request: AliasRequest): AliasChoice {
  const { bindings, wwid, currentName, prefix, dmNames, readOnly = false } = request;
  const notes: string[] = [];
  const unchanged = (alias: string | null): AliasChoice => ({
    alias,
    bindings: [...bindings],
    changed: false,
    notes,
  });

  if (currentName !== null && wwidOfAlias(bindings, currentName) === wwid) return unchanged(currentName);
  const currentId = idOfCurrentName(request, notes);

  const bound = sorted(bindings).find((binding) => binding.wwid === wwid);
  if (bound !== undefined) {
    if (!isTaken(bound.alias, wwid, dmNames)) return unchanged(bound.alias);
    notes.push(`alias ${bound.alias} of ${wwid} is in use by another device`);
    return unchanged(null);
  }
  if (readOnly) {
    notes.push(`no alias for ${wwid}: the bindings are read only`);
    return unchanged(null);
  }
  const id = currentId ?? freeAliasId(bindings, prefix, wwid, dmNames);
  const alias = id === null ? null : formatAlias(id, prefix);
  if (alias === null || !isUsableAlias(alias)) {
    notes.push(`no alias left for ${wwid} with prefix "${prefix}"`);
    return unchanged(null);
  }
  return { alias, bindings: sorted([...bindings, { alias, wwid }]), changed: true, notes };
}
