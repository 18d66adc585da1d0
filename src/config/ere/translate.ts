/**
 * Translates extended regular expressions of POSIX (`regcomp` with REG_EXTENDED, and the additions of the GNU C
 * library) to RE2's syntax. The grammar is small: every construct is either translated or refused, so no construct
 * passes that means something else in RE2.
 */
import { bracketExpression } from './bracket';
import { type ByteRange, joined, PatternError, type Scanner } from './scanner';

/** A translated part of a pattern. */
interface Piece {
  re: string;
  /** The approximate number of instructions to which RE2 compiles the part. */
  size: number;
  /** How often the innermost part is repeated: the product of all counts. */
  repeats: number;
}

/** A pattern in RE2's syntax. */
export interface Translated {
  re: string;
  /** True if the pattern looks behind, for which RE2 needs an option. */
  looksBehind: boolean;
}

/** RE2 allows no larger number of repetitions. */
const MOST_REPEATS = 1000;
/** RE_DUP_MAX of the C library. */
const LARGEST_COUNT = 32767;
/** Greatest number of instructions. The time for each byte of text grows with it. */
const LARGEST_SIZE = 5000;
/** Greatest depth of parentheses, and greatest number of repetitions one after another. */
const DEEPEST = 100;
const UNBOUNDED = -1;

const NOTHING: Piece = { re: '', size: 0, repeats: 1 };
const WORD: readonly ByteRange[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
const NOT_WORD: readonly ByteRange[] = [
  [0x00, 0x2f],
  [0x3a, 0x40],
  [0x5b, 0x5e],
  [0x60, 0x60],
  [0x7b, 0xff],
];
const SPACE: readonly ByteRange[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
];
const NOT_SPACE: readonly ByteRange[] = [
  [0x00, 0x08],
  [0x0e, 0x1f],
  [0x21, 0xff],
];

/** Constructs that match a place without width. They cannot be repeated. */
const ANCHORS: ReadonlyMap<string, string> = new Map([
  ['^', '\\A'],
  ['$', '\\z'],
  ['\\`', '\\A'],
  ["\\'", '\\z'],
  ['\\b', '\\b'],
  ['\\B', '\\B'],
  ['\\<', '\\b(?<!\\w)'],
  ['\\>', '\\b(?<=\\w)'],
]);

const SETS: ReadonlyMap<string, readonly ByteRange[]> = new Map([
  ['\\w', WORD],
  ['\\W', NOT_WORD],
  ['\\s', SPACE],
  ['\\S', NOT_SPACE],
  ['.', [[0x00, 0xff]]],
]);

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function anyOf(ranges: readonly ByteRange[]): Piece {
  const parts = joined(ranges);
  const [first] = parts;
  if (first === undefined) return { re: '[^\\x00-\\xff]', size: 1, repeats: 1 };
  const single = parts.length === 1 && first[0] === first[1];
  const text = parts.map(([from, to]) => (from === to ? hex(from) : `${hex(from)}-${hex(to)}`)).join('');
  return { re: single ? text : `[${text}]`, size: parts.length, repeats: 1 };
}

function literal(char: string): Piece {
  return { re: /[A-Za-z0-9]/.test(char) ? char : hex(char.charCodeAt(0)), size: 1, repeats: 1 };
}

/** The next character, or a backslash with the character after it. */
function tokenAt({ bytes, at }: Scanner): string {
  const char = bytes[at] ?? '';
  if (char !== '\\') return char;
  if (at + 1 >= bytes.length) throw new PatternError('a backslash at the end', at);
  return bytes.slice(at, at + 2);
}

function take(scanner: Scanner): string {
  const token = tokenAt(scanner);
  scanner.at += token.length;
  return token;
}

/** A count inside braces; null: there is none. The scanner moves behind the count. */
function count(scanner: Scanner): number | null {
  const [digits] = /^\d*/.exec(scanner.bytes.slice(scanner.at)) ?? [''];
  scanner.at += digits.length;
  return digits === '' ? null : Number(digits);
}

/** Reads `{n}`, `{n,}`, `{,m}` or `{n,m}`. The scanner is at the brace. */
function bounds(scanner: Scanner): [least: number, most: number] {
  const open = scanner.at;
  const bad = (): PatternError => new PatternError('{ must be followed by a count and }', open);
  scanner.at += 1;
  const least = count(scanner);
  let most = least;
  if (scanner.bytes[scanner.at] === ',') {
    scanner.at += 1;
    most = count(scanner) ?? UNBOUNDED;
  }
  if (most === null || scanner.bytes[scanner.at] !== '}') throw bad();
  scanner.at += 1;
  if (most !== UNBOUNDED && (least ?? 0) > most) throw new PatternError('the counts go backwards', open);
  if (Math.max(least ?? 0, most) > LARGEST_COUNT) throw new PatternError(`a count above ${LARGEST_COUNT}`, open);
  return [least ?? 0, most];
}

function repetition(scanner: Scanner): [least: number, most: number] | null {
  switch (scanner.bytes[scanner.at]) {
    case '*':
      scanner.at += 1;
      return [0, UNBOUNDED];
    case '+':
      scanner.at += 1;
      return [1, UNBOUNDED];
    case '?':
      scanner.at += 1;
      return [0, 1];
    case '{':
      return bounds(scanner);
    default:
      return null;
  }
}

function quantifier(least: number, most: number): string {
  if (most === UNBOUNDED) return least === 0 ? '*' : least === 1 ? '+' : `{${least},}`;
  return least === 0 && most === 1 ? '?' : `{${least},${most}}`;
}

function repeated(piece: Piece, least: number, most: number, at: number): Piece {
  if (piece.re === '' || most === 0) return NOTHING;
  const times = Math.max(least, most, 1);
  const repeats = piece.repeats * times;
  if (repeats > MOST_REPEATS) throw new PatternError(`it is repeated more than ${MOST_REPEATS} times`, at);
  const size = piece.size * times + 2;
  return { re: `(?:${piece.re})${quantifier(least, most)}`, size: checkedSize(size, at), repeats };
}

function checkedSize(size: number, at: number): number {
  if (size > LARGEST_SIZE) throw new PatternError('the pattern is too complex', at);
  return size;
}

/** Reads `(…)`. The scanner is behind the opening parenthesis. */
function group(scanner: Scanner, depth: number): Piece {
  const open = scanner.at - 1;
  if (depth > DEEPEST) throw new PatternError('too many parentheses inside each other', open);
  const inner = choice(scanner, depth);
  if (scanner.bytes[scanner.at] !== ')') throw new PatternError('( without )', open);
  scanner.at += 1;
  return inner.re === '' ? NOTHING : { ...inner, re: `(?:${inner.re})` };
}

/** A part that can be repeated. */
function atom(scanner: Scanner, depth: number): Piece {
  const start = scanner.at;
  if (scanner.bytes[start] === '[') return anyOf(bracketExpression(scanner));
  const token = take(scanner);
  const set = SETS.get(token);
  if (set !== undefined) return anyOf(set);
  if (token === '(') return group(scanner, depth + 1);
  if (/^[*+?{]$/.test(token)) throw new PatternError(`nothing to repeat before ${token}`, start);
  if (/^\\[1-9]$/.test(token)) throw new PatternError('references to a group cannot be used', start);
  return literal(token.slice(-1));
}

function expression(scanner: Scanner, depth: number): Piece {
  const anchor = ANCHORS.get(tokenAt(scanner));
  if (anchor !== undefined) {
    take(scanner);
    return { re: anchor, size: 1, repeats: 1 };
  }
  let piece = atom(scanner, depth);
  for (let nested = 0; nested <= DEEPEST; nested++) {
    const at = scanner.at;
    const times = repetition(scanner);
    if (times === null) return piece;
    piece = repeated(piece, ...times, at);
  }
  throw new PatternError('too many repetitions one after another', scanner.at);
}

/** Reads up to `|`, the end, or the `)` of the enclosing group. Outside of groups `)` is an ordinary character. */
function branch(scanner: Scanner, depth: number): Piece {
  const parts: Piece[] = [];
  for (;;) {
    const next = scanner.bytes[scanner.at];
    if (next === undefined || next === '|' || (next === ')' && depth > 0)) break;
    parts.push(expression(scanner, depth));
  }
  return combined(parts, '', scanner.at);
}

function choice(scanner: Scanner, depth: number): Piece {
  const branches = [branch(scanner, depth)];
  while (scanner.bytes[scanner.at] === '|') {
    scanner.at += 1;
    branches.push(branch(scanner, depth));
  }
  const [only] = branches;
  return branches.length === 1 && only !== undefined ? only : combined(branches, '|', scanner.at);
}

function combined(parts: readonly Piece[], separator: string, at: number): Piece {
  return {
    re: parts.map(({ re }) => re).join(separator),
    size: checkedSize(
      parts.reduce((sum, { size }) => sum + size + separator.length, 0),
      at,
    ),
    repeats: Math.max(1, ...parts.map(({ repeats }) => repeats)),
  };
}

/**
 * Translates a pattern, which has one character for each of its bytes, to RE2's syntax. Throws {@link PatternError}.
 */
export function translate(bytes: string): Translated {
  const nul = bytes.indexOf('\0');
  if (nul >= 0) throw new PatternError('a zero byte', nul);
  const { re } = choice({ bytes, at: 0 }, 0);
  return { re, looksBehind: re.includes('(?<') };
}
