/** Format strings with wildcards, and tables made with them (multipathd(8), "format"). */
import { MpathdError } from '../model/failure';
import { printable } from '../model/printable';

/** One `%x`: its letter, the heading of its column, and its value for a row. */
export interface Wildcard<Row> {
  letter: string;
  header: string;
  value(row: Row): string;
}

type Piece<Row> = { text: string } | { wildcard: Wildcard<Row> };

/** A parsed format string. */
export type Format<Row> = ReadonlyArray<Piece<Row>>;

/** Columns are not padded beyond this width. */
const WIDTH_LIMIT = 255;

/** Unknown wildcards and `%%` print nothing. */
export function parseFormat<Row>(format: string, wildcards: ReadonlyArray<Wildcard<Row>>): Format<Row> {
  const pieces: Array<Piece<Row>> = [];
  let text = '';
  for (let at = 0; at < format.length; at++) {
    if (format[at] !== '%') {
      text += format[at];
      continue;
    }
    const letter = format[++at];
    const wildcard = wildcards.find((w) => w.letter === letter);
    if (wildcard === undefined) continue;
    if (text !== '') pieces.push({ text });
    text = '';
    pieces.push({ wildcard });
  }
  if (text !== '') pieces.push({ text });
  return pieces;
}

/** The values of one row, one for each piece that is a wildcard. A wildcard that stands there twice is asked once. */
function valuesOf<Row>(format: Format<Row>, value: (wildcard: Wildcard<Row>) => string): string[] {
  const known = new Map<Wildcard<Row>, string>();
  return format.flatMap((piece) => {
    if ('text' in piece) return [];
    const text = known.get(piece.wildcard) ?? value(piece.wildcard);
    known.set(piece.wildcard, text);
    return [text];
  });
}

function line<Row>(format: Format<Row>, row: Row): string[] {
  return valuesOf(format, (wildcard) => printable(wildcard.value(row)));
}

function heading<Row>(format: Format<Row>): string[] {
  return valuesOf(format, (wildcard) => wildcard.header);
}

function join<Row>(format: Format<Row>, values: readonly string[], widths: readonly number[] | null): string {
  let at = 0;
  const texts = format.map((piece) => {
    if ('text' in piece) return piece.text;
    const text = (values[at] ?? '').padEnd(widths?.[at] ?? 0);
    at++;
    return text;
  });
  return `${texts.join('')}\n`;
}

function widthsOf(lines: ReadonlyArray<readonly string[]>): number[] {
  const widths: number[] = [];
  for (const values of lines)
    values.forEach((value, at) => {
      widths[at] = Math.max(widths[at] ?? 0, Math.min(value.length, WIDTH_LIMIT));
    });
  return widths;
}

/** The width that each wildcard needs for these rows. If the heading is printed, it counts, too. */
export function columnWidths<Row>(format: Format<Row>, rows: readonly Row[], withHeader: boolean): number[] {
  const lines = rows.map((row) => line(format, row));
  return widthsOf(withHeader ? [heading(format), ...lines] : lines);
}

/** One line. If there are `widths`, its values are padded with blanks to them. */
export function renderLine<Row>(format: Format<Row>, row: Row, widths: readonly number[] | null): string {
  return join(format, line(format, row), widths);
}

/** What a text may grow to, in characters: for the heading and short lists, and for each line more. */
const ROOM = 64 * 1024;
const ROOM_PER_LINE = 2 * 1024;

function tooLong(limit: number): MpathdError {
  const detail = `this format gives more than ${limit} characters, which is the limit: ask for fewer fields`;
  return new MpathdError({ code: 'REFUSED', operation: 'show', device: 'format', errno: null, detail });
}

/** The lines as one text. A request of 512 bytes could ask for gigabytes, so the lines are counted as they are made. */
function bounded<Row>(
  format: Format<Row>,
  lines: ReadonlyArray<readonly string[]>,
  widths: readonly number[] | null,
): string {
  const limit = ROOM + ROOM_PER_LINE * lines.length;
  const texts: string[] = [];
  let length = 0;
  for (const values of lines) {
    const text = join(format, values, widths);
    length += text.length;
    if (length > limit) throw tooLong(limit);
    texts.push(text);
  }
  return texts.join('');
}

/**
 * A line with the headings, then a line for each row. Each column is as wide as its widest value. Throws an
 * {@link MpathdError} if the text becomes too long.
 */
export function renderTable<Row>(format: Format<Row>, rows: readonly Row[]): string {
  const lines = [heading(format), ...rows.map((row) => line(format, row))];
  return bounded(format, lines, widthsOf(lines));
}

/** A line for each row, without headings. Throws an {@link MpathdError} if the text becomes too long. */
export function renderRaw<Row>(
  format: Format<Row>,
  rows: readonly Row[],
  widths: readonly number[] | null = null,
): string {
  return bounded(
    format,
    rows.map((row) => line(format, row)),
    widths,
  );
}
