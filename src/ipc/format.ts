/** Format strings with wildcards, and tables made with them (multipathd(8), "format"). */
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

type Cell = { text: string } | { value: string };

function cells<Row>(format: Format<Row>, cell: (wildcard: Wildcard<Row>) => string): Cell[] {
  return format.map((piece) => ('text' in piece ? piece : { value: cell(piece.wildcard) }));
}

function line<Row>(format: Format<Row>, row: Row): Cell[] {
  return cells(format, (wildcard) => printable(wildcard.value(row)));
}

function heading<Row>(format: Format<Row>): Cell[] {
  return cells(format, (wildcard) => wildcard.header);
}

function join(cellsOfLine: readonly Cell[], widths: readonly number[] | null): string {
  const texts = cellsOfLine.map((cell, at) => ('text' in cell ? cell.text : cell.value.padEnd(widths?.[at] ?? 0)));
  return `${texts.join('')}\n`;
}

/** The width that each column needs for these rows. If the heading is printed, it counts, too. */
export function columnWidths<Row>(format: Format<Row>, rows: readonly Row[], withHeader: boolean): number[] {
  const widths: number[] = [];
  const measure = (measured: readonly Cell[]): void => {
    measured.forEach((cell, at) => {
      const width = 'value' in cell ? Math.min(cell.value.length, WIDTH_LIMIT) : 0;
      widths[at] = Math.max(widths[at] ?? 0, width);
    });
  };
  if (withHeader) measure(heading(format));
  for (const row of rows) measure(line(format, row));
  return widths;
}

/** One line. If there are `widths`, its values are padded with blanks to them. */
export function renderLine<Row>(format: Format<Row>, row: Row, widths: readonly number[] | null): string {
  return join(line(format, row), widths);
}

/** A line with the headings, then a line for each row. Each column is as wide as its widest value. */
export function renderTable<Row>(format: Format<Row>, rows: readonly Row[]): string {
  const widths = columnWidths(format, rows, true);
  return join(heading(format), widths) + renderRaw(format, rows, widths);
}

/** A line for each row, without headings. */
export function renderRaw<Row>(
  format: Format<Row>,
  rows: readonly Row[],
  widths: readonly number[] | null = null,
): string {
  return rows.map((row) => renderLine(format, row, widths)).join('');
}
