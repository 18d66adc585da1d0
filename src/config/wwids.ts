/** The wwids file: which LUNs have had a map. */
import type { Wwid } from '../model/identity';

/** What a wwids file holds, and what was wrong with it. */
export interface ParsedWwids {
  /** In the order of the file, each once. */
  wwids: Wwid[];
  warnings: string[];
}

/**
 * A change in place: the text from `at` on (counted in UTF-16 units, as strings are) is written over by one of
 * as many bytes, or, at the end, the file grows.
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

/** `/wwid/`; what follows is nobody's. A line that was cut off in its writing has no second slash. */
const ENTRY = /^\/([^/]*)\//;

interface Line {
  text: string;
  /** Where it begins in the file. */
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

/** Whether a WWID can stand in the file, on one line between slashes, and be the same when it is read. */
export function isListable(wwid: Wwid): boolean {
  return /^[!-~]+$/.test(wwid) && !/[/#]/.test(wwid) && wwid.length <= MAX_LENGTH;
}

/** Reads a wwids file; never throws. What others wrote and cannot be a WWID is told, and left out. */
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

/** The text of a file with just these. */
export function formatWwids(wwids: readonly Wwid[]): string {
  return HEADER + [...new Set(wwids)].map((wwid) => `/${wwid}/\n`).join('');
}

/** What to append so that the file has these WWIDs, too; null: it has them. */
export function addWwids(text: string, wwids: readonly Wwid[]): TextPatch | null {
  const known = new Set(parseWwids(text).wwids);
  const missing = [...new Set(wwids)].filter((wwid) => !known.has(wwid));
  if (missing.length === 0) return null;
  if (text === '') return { at: 0, text: formatWwids(missing) };
  // A last line without its end (a write that was cut off) must not swallow the first of ours.
  const before = text.endsWith('\n') ? '' : '\n';
  return { at: text.length, text: before + missing.map((wwid) => `/${wwid}/\n`).join('') };
}

/** What to overwrite so that the file does not list the WWID: its lines become comments. Nothing: it is not there. */
export function removeWwid(text: string, wwid: Wwid): TextPatch[] {
  return linesOf(text)
    .filter((line) => ENTRY.exec(line.text)?.[1] === wwid)
    .map(({ at }) => ({ at, text: '#' }));
}
