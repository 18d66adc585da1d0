/**
 * Patterns of multipath.conf: extended regular expressions of POSIX, as `regexec` accepts them in the C locale. They
 * are matched by RE2's algorithm, whose time grows linearly with the text, so no pattern can hold the daemon up.
 */
import { RE2JS } from 're2js';
import { PatternError } from './ere/scanner';
import { translate } from './ere/translate';

/** A compiled pattern. */
export interface Ere {
  readonly source: string;
  /** True if the pattern is found anywhere in the text. Case counts. The text ends at its first zero byte. */
  matches(text: string): boolean;
}

/** A compiled pattern, or why the text is no pattern. `at` counts from 0 in the pattern. */
export type CompiledEre = { ok: true; ere: Ere } | { ok: false; reason: string; at: number };

/** Greatest length of a pattern, bytes. A line of multipath.conf has at most 1024. */
const LONGEST_PATTERN = 4096;

const ASCII = /^[\u0001-\u007f]*$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The text with one character for each byte of its UTF-8. It ends at the first zero byte. */
function bytesOf(text: string): string {
  if (ASCII.test(text)) return text;
  let bytes = '';
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

function upToNul(text: string): string {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}

/** Converts a place in the bytes to a place in the characters of the pattern. */
function characterAt(bytes: string, at: number): number {
  return decoder.decode(Uint8Array.from(bytes.slice(0, at), (byte) => byte.charCodeAt(0))).length;
}

/**
 * Compiles a pattern; never throws. It refuses what `regcomp` refuses, references to groups (`\1`), and patterns that
 * are too large.
 */
export function compileEre(pattern: string): CompiledEre {
  const bytes = bytesOf(pattern);
  if (bytes.length > LONGEST_PATTERN) {
    return { ok: false, reason: `longer than ${LONGEST_PATTERN} bytes`, at: characterAt(bytes, LONGEST_PATTERN) };
  }
  try {
    const { re, looksBehind } = translate(bytes);
    const compiled = RE2JS.compile(re, RE2JS.DOTALL | (looksBehind ? RE2JS.LOOKBEHINDS : 0));
    return { ok: true, ere: { source: pattern, matches: (text) => compiled.test(bytesOf(upToNul(text))) } };
  } catch (error) {
    if (error instanceof PatternError) return { ok: false, reason: error.reason, at: characterAt(bytes, error.at) };
    // RE2 refuses a correct pattern only for its size or its depth.
    return { ok: false, reason: 'the pattern is too complex', at: 0 };
  }
}
