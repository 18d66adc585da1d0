/** The wwids file: the LUNs that have had a map. */
import type { Wwid } from '../model/identity';

/** The contents of a wwids file, and what was wrong with it. */
export interface ParsedWwids {
  /** In the order of the file, each WWID once. */
  wwids: Wwid[];
  warnings: string[];
}

/**
 * A change in place: `text` overwrites as many bytes from `at` on (counted in UTF-16 units, as in strings), or
 * lengthens the file at its end.
 */
export interface TextPatch {
  at: number;
  text: string;
}

/** WWID_SIZE of multipath-tools is 128 with its NUL. */
const MAX_LENGTH = 127;

const HEADER = [
  '# Multipath wwids, Version : 1.0',
  '# NOTE: This file is automatically maintained by multipath and multipathd.',
  '# You should not need to edit this file in normal circumstances.',
  '#',
  '# Valid WWIDs:',
  '',
].join('\n');

/** `/wwid/`. Text after it is ignored. A line whose write was interrupted has no second slash. */
const ENTRY = /^\/([^/]*)\//;

interface Line {
  text: string;
  /** The place in the file at which the line begins. */
  at: number;
}

function linesOf(text: string): Line[] {
  let at = 0;
  return text.split('\n').map((line) => {
    const found = { text: line, at };
    at += line.length + 1;
    return found;
  });
}

/** True if a WWID can stand in the file, on one line between slashes, and is read as the same WWID again. */
export function isListable(wwid: Wwid): boolean {
  return /^[!-~]+$/.test(wwid) && !/[/#]/.test(wwid) && wwid.length <= MAX_LENGTH;
}

/** Reads a wwids file; never throws. A line of other programs that cannot be a WWID gives a warning and is left out. */
export function parseWwids(text: string): ParsedWwids {
  const wwids = new Set<Wwid>();
  const warnings: string[] = [];
  for (const [index, { text: line }] of linesOf(text).entries()) {
    if (!line.startsWith('/')) continue;
    const wwid = ENTRY.exec(line)?.[1];
    if (wwid === undefined) warnings.push(`line ${index + 1}: no "/" after the WWID, ignored`);
    else if (!isListable(wwid)) warnings.push(`line ${index + 1}: not a WWID, ignored`);
    else wwids.add(wwid);
  }
  return { wwids: [...wwids], warnings };
}

/** The text of a file with exactly these WWIDs. */
export function formatWwids(wwids: readonly Wwid[]): string {
  return HEADER + [...new Set(wwids)].map((wwid) => `/${wwid}/\n`).join('');
}

/** The text to append so that the file has these WWIDs, too; null: the file has them. */
export function addWwids(text: string, wwids: readonly Wwid[]): TextPatch | null {
  const known = new Set(parseWwids(text).wwids);
  const missing = [...new Set(wwids)].filter((wwid) => !known.has(wwid));
  if (missing.length === 0) return null;
  if (text === '') return { at: 0, text: formatWwids(missing) };
  // A last line without its end (from an interrupted write) must not run into the first new WWID.
  const before = text.endsWith('\n') ? '' : '\n';
  return { at: text.length, text: before + missing.map((wwid) => `/${wwid}/\n`).join('') };
}

/**
 * The changes after which the file does not list the WWID: its lines become comments. The list is empty if the WWID is
 * not in the file.
 */
export function removeWwid(text: string, wwid: Wwid): TextPatch[] {
  return linesOf(text)
    .filter((line) => ENTRY.exec(line.text)?.[1] === wwid)
    .map(({ at }) => ({ at, text: '#' }));
}
