/** Text for terminals: columns, ages, sizes and colour. */
import { printable, printableLines } from '../model/printable';

type Paint = (text: string) => string;

/** Colours by their meaning. */
export interface Style {
  bold: Paint;
  good: Paint;
  bad: Paint;
  doubtful: Paint;
}

const paint =
  (code: number): Paint =>
  (text) =>
    `\u001b[${code}m${text}\u001b[0m`;
const plain: Paint = (text) => text;

/** Colour only on a terminal and without NO_COLOR (no-color.org). */
export function createStyle(isTTY: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const noColor = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  if (!isTTY || noColor) return { bold: plain, good: plain, bad: plain, doubtful: plain };
  return { bold: paint(1), good: paint(32), bad: paint(31), doubtful: paint(33) };
}

const UNITS: ReadonlyArray<[seconds: number, name: string]> = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** `12 ms`, `3.4 s`, `5 min`, `2 h 5 min`, `3 d 1 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const at = UNITS.findIndex(([length]) => seconds >= length);
  const [length, name] = UNITS[at] ?? [60, 'min'];
  const finer = UNITS[at + 1];
  const rest = finer === undefined ? 0 : Math.floor((seconds % length) / finer[0]);
  return `${Math.floor(seconds / length)} ${name}${rest === 0 || finer === undefined ? '' : ` ${rest} ${finer[1]}`}`;
}

/** `128 MiB`. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  const unit = Math.min(Math.floor(Math.log2(count) / 10), 3);
  const value = count / 1024 ** unit;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${['B', 'KiB', 'MiB', 'GiB'][unit] ?? ''}`;
}

/** `1 map`, `2 maps`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The codes that {@link createStyle} writes, and no others. */
const COLOUR = /(\u001b\[(?:0|1|31|32|33)m)/;

// The width must not count colour codes.
const visible = (text: string): string => text.split(COLOUR).filter(isText).join('');
const isText = (_part: string, at: number): boolean => at % 2 === 0;

function printableAround(text: string, escape: (part: string) => string): string {
  if (!text.includes('\u001b')) return escape(text);
  return text
    .split(COLOUR)
    .map((part, at) => (at % 2 === 0 ? escape(part) : part))
    .join('');
}

/** The text of several lines as a terminal may have it: printable, with the colours of this program and no others. */
export function terminalText(text: string): string {
  return printableAround(text, printableLines);
}

/** Rows as columns with two blanks between them, without blanks at the ends of lines. */
export function columns(given: ReadonlyArray<readonly string[]>): string {
  const rows = given.map((row) => row.map((cell) => printableAround(cell, printable)));
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, visible(cell).length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - visible(cell).length))
      .join('  ')
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join('');
}
