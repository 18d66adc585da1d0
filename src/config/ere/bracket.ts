/** Bracket expressions of POSIX regular expressions, as the C library reads them in the C locale. */
import { type ByteRange, negated, PatternError, type Scanner } from './scanner';

/** The character classes of the C locale. */
const CLASSES: ReadonlyMap<string, readonly ByteRange[]> = new Map(
  Object.entries<readonly ByteRange[]>({
    alnum: [
      [0x30, 0x39],
      [0x41, 0x5a],
      [0x61, 0x7a],
    ],
    alpha: [
      [0x41, 0x5a],
      [0x61, 0x7a],
    ],
    blank: [
      [0x09, 0x09],
      [0x20, 0x20],
    ],
    cntrl: [
      [0x00, 0x1f],
      [0x7f, 0x7f],
    ],
    digit: [[0x30, 0x39]],
    graph: [[0x21, 0x7e]],
    lower: [[0x61, 0x7a]],
    print: [[0x20, 0x7e]],
    punct: [
      [0x21, 0x2f],
      [0x3a, 0x40],
      [0x5b, 0x60],
      [0x7b, 0x7e],
    ],
    space: [
      [0x09, 0x0d],
      [0x20, 0x20],
    ],
    upper: [[0x41, 0x5a]],
    xdigit: [
      [0x30, 0x39],
      [0x41, 0x46],
      [0x61, 0x66],
    ],
  }),
);

/** The C library has room for names of this length. */
const LONGEST_NAME = 31;

/** One element of the list: a byte, `[.x.]`, `[=x=]` or `[:class:]`. Only the first two can begin or end a range. */
type Element = { byte: number; ends: boolean } | { class: readonly ByteRange[] };

function unclosed(at: number): PatternError {
  return new PatternError('[ without ]', at);
}

/** The name in `[:name:]`, `[=name=]` or `[.name.]`. The scanner is at the first letter of the name. */
function nameUpTo(scanner: Scanner, delimiter: string, start: number): string {
  const end = scanner.bytes.indexOf(`${delimiter}]`, scanner.at);
  if (end < 0 || end - scanner.at > LONGEST_NAME) throw unclosed(start);
  const name = scanner.bytes.slice(scanner.at, end);
  scanner.at = end + 2;
  return name;
}

function named(scanner: Scanner, kind: string): Element {
  const start = scanner.at;
  scanner.at += 2;
  const name = nameUpTo(scanner, kind, start);
  if (kind === ':') {
    const ranges = CLASSES.get(name);
    if (ranges === undefined) throw new PatternError(`no character class is named "${name}"`, start);
    return { class: ranges };
  }
  if (name.length !== 1) throw new PatternError(`no character is named "${name}"`, start);
  return { byte: name.charCodeAt(0), ends: kind === '.' };
}

function element(scanner: Scanner, open: number): Element {
  const { bytes, at } = scanner;
  if (at >= bytes.length) throw unclosed(open);
  const kind = bytes[at] === '[' ? (bytes[at + 1] ?? '') : '';
  if (kind !== '' && ':=.'.includes(kind)) return named(scanner, kind);
  scanner.at += 1;
  return { byte: bytes.charCodeAt(at), ends: true };
}

/** The end of a range. The scanner is at the `-`. null: the `-` is the last of the list and stands for itself. */
function rangeEnd(scanner: Scanner, open: number): Element | null {
  if (scanner.bytes[scanner.at] !== '-' || scanner.bytes[scanner.at + 1] === ']') return null;
  scanner.at += 1;
  return element(scanner, open);
}

function range(first: Element, last: Element, start: number): ByteRange {
  if (!('byte' in first && first.ends && 'byte' in last && last.ends)) {
    throw new PatternError('a class of characters cannot be the end of a range', start);
  }
  if (first.byte > last.byte) throw new PatternError('the range goes backwards', start);
  return [first.byte, last.byte];
}

/** The element or range at the scanner. */
function rangesAt(scanner: Scanner, open: number, isFirst: boolean): readonly ByteRange[] {
  const start = scanner.at;
  const { bytes } = scanner;
  if (bytes[start] === '-' && !isFirst && start + 1 < bytes.length && bytes[start + 1] !== ']') {
    throw new PatternError('a - in the middle of a list must be the end of a range', start);
  }
  const first = element(scanner, open);
  if ('class' in first) return first.class;
  const last = first.ends ? rangeEnd(scanner, open) : null;
  return last === null ? [[first.byte, first.byte]] : [range(first, last, start)];
}

/** The bytes that a bracket expression matches. The scanner is at the `[` and moves behind the `]`. */
export function bracketExpression(scanner: Scanner): ByteRange[] {
  const open = scanner.at;
  scanner.at += 1;
  const isNegated = scanner.bytes[scanner.at] === '^';
  if (isNegated) scanner.at += 1;
  const ranges: ByteRange[] = [];
  const start = scanner.at;
  do ranges.push(...rangesAt(scanner, open, scanner.at === start));
  while (scanner.at < scanner.bytes.length && scanner.bytes[scanner.at] !== ']');
  if (scanner.at >= scanner.bytes.length) throw unclosed(open);
  scanner.at += 1;
  return isNegated ? negated(ranges) : ranges;
}
