/**
 * Makes text printable for people. Names of maps and disks, texts of devices, words of clients and lines of files can
 * contain any character: some move a terminal's cursor, some begin another line, and some turn the order of letters
 * around. All text for people goes through one of these functions. A printable text stays as it is.
 */

/** Nearly all text is ASCII. This pattern finds that out in a fraction of the time of the others. */
const NOT_PLAIN = /[^ -~]/;
const NOT_PLAIN_LINES = /[^ -~\n\t]/;

/**
 * Control characters (C0, DEL, C1), format characters (those for the direction of text, among others), halves of
 * surrogate pairs, and the separators of lines and paragraphs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const UNPRINTABLE_IN_LINES = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** `\x1b`, `\u202e` or `\u{e0001}`. */
function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** `\u202e`, as JSON has it: a character beyond U+FFFF as two of them. */
function escapedForJson(character: string): string {
  return Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');
}

/** The text on one line: a newline and a tab are escaped, too. */
export function printable(text: string): string {
  return NOT_PLAIN.test(text) ? text.replace(UNPRINTABLE, escaped) : text;
}

/** A text of several lines. Its newlines and tabs stay, so each name in it must have gone through {@link printable}. */
export function printableLines(text: string): string {
  return NOT_PLAIN_LINES.test(text) ? text.replace(UNPRINTABLE_IN_LINES, escaped) : text;
}

/** A JSON document whose text is printable. JSON.stringify escapes only some of the characters that are not. */
export function printableJson(document: unknown, indent?: number): string {
  const text = JSON.stringify(document, null, indent);
  return NOT_PLAIN_LINES.test(text) ? text.replace(UNPRINTABLE_IN_LINES, escapedForJson) : text;
}
