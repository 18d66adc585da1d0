/** Faults of a configuration: the place, the fault, and what was probably meant. */
import { printable } from '../../model/printable';

export type Severity = 'error' | 'warning' | 'notice';

/** The codes are stable, so that programs can use them. */
export type FindingCode =
  | 'unknown-keyword'
  | 'unmatched-brace'
  | 'stray-brace'
  | 'missing-brace'
  | 'no-opening-brace'
  | 'not-a-brace'
  | 'no-value'
  | 'no-closing-quote'
  | 'extra-data'
  | 'duplicate-keyword'
  | 'duplicate-section'
  | 'bad-value'
  | 'capped'
  | 'slash'
  | 'argument-count'
  | 'uid-attrs'
  | 'deprecated-keyword'
  | 'deprecated-value'
  /** In the main file this is fatal. */
  | 'refused'
  | 'unusable'
  | 'no-vendor-or-product'
  | 'no-type'
  | 'no-wwid'
  | 'alias-twice'
  | OwnCode;

/** Codes of faults that multipathd does not report. */
export type OwnCode = (typeof OWN_CODES)[number];

export const OWN_CODES = [
  /** The part of mpathd that this keyword controls does not exist. */
  'no-effect',
  'bad-pattern',
  'matches-all',
  'zero-is-unset',
  'raised',
  'long-line',
  'ends-early',
  'comment-in-word',
  'unknown-name',
  'unusable-name',
  'alias-is-wwid',
  'binary',
  'encoding',
  'too-many',
  /** A file that cannot be read at all. */
  'unreadable',
  /** Others than root can change the file. */
  'insecure',
  /** The fault shows only when all sections are put together. */
  'cross-check',
] as const;

/** One fault. */
export interface Finding {
  severity: Severity;
  code: FindingCode;
  file: string;
  /** From 1; 0: the fault concerns the file as a whole. */
  line: number;
  /** In characters, from 1; 0 if the line is 0. */
  column: number;
  length: number;
  /** The text of the line. */
  text: string;
  /** One line, in the words of multipathd. */
  message: string;
  /** What was meant, or how to correct the fault. */
  hint: string | null;
}

/** A file with its text. */
export interface SourceFile {
  file: string;
  text: string;
  /** True for multipath.conf itself or the file in its place, and false for a file of conf.d. */
  main: boolean;
}

const SHOWN = 120;

/** A tab counts as one blank, so that a marker below it stands where it should. */
function shownText(text: string): string {
  return printable(text.replaceAll('\t', ' '));
}

function capped(text: string): string {
  return text.length > 4 * SHOWN ? `${text.slice(0, 4 * SHOWN)}…` : text;
}

/** The part of a long line around a place, and the position of the place in this part. */
function excerpt(text: string, at: number): { shown: string; at: number } {
  if (text.length <= SHOWN) return { shown: text, at };
  const from = Math.max(0, Math.min(at - SHOWN / 2, text.length - SHOWN));
  const before = from > 0 ? '…' : '';
  const after = from + SHOWN < text.length ? '…' : '';
  return { shown: `${before}${text.slice(from, from + SHOWN)}${after}`, at: at - from + before.length };
}

function markedLine({ text, column, length }: Finding): string[] {
  const { shown, at } = excerpt(text, column - 1);
  const room = Math.max(1, shown.length - at);
  const [before, marked] = [shown.slice(0, at), shown.slice(at, at + Math.min(length, room))].map(shownText);
  const marker = `^${'~'.repeat(Math.max(0, (marked ?? '').length - 1))}`;
  return [`    ${shownText(shown)}`, `    ${' '.repeat((before ?? '').length)}${marker}`];
}

/** The message for a log: one line, without characters that a terminal interprets. */
export function messageLine({ message }: Finding): string {
  return shownText(capped(message));
}

/** The message and the hint, on one line. */
export function logLine(finding: Finding): string {
  return finding.hint === null ? messageLine(finding) : `${messageLine(finding)} (${shownText(capped(finding.hint))})`;
}

/** The message without its place, which stands before it already. */
function withoutPlace(finding: Finding): string {
  const message = messageLine(finding);
  const place = `${shownText(finding.file)} line ${finding.line}`;
  return message.startsWith(place) ? message.slice(place.length).replace(/^[,:] */, '') : message;
}

/** Several lines: place and message, the line of the file with a marker, the hint. */
export function formatFinding(finding: Finding): string {
  const { severity, file, line, column, hint } = finding;
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return [
    `${shownText(place)}: ${severity}: ${withoutPlace(finding)}`,
    ...(line === 0 ? [] : markedLine(finding)),
    ...(hint === null ? [] : [`    ${shownText(capped(hint))}`]),
  ].join('\n');
}

/** A place in a file: `column` from 1. */
export type Mark = Pick<Finding, 'file' | 'line' | 'column' | 'length' | 'text'>;

/** A finding about a file as a whole. */
export function aboutFile(
  file: string,
  severity: Severity,
  code: FindingCode,
  message: string,
  hint: string | null,
): Finding {
  return { severity, code, file, line: 0, column: 0, length: 0, text: '', message, hint };
}
