/** The lines of multipath.conf and their words (multipath.conf(5), and how multipath-tools reads odd quoting). */

/** A word, a brace, the text between two quote marks, or a quote mark itself. The text of a quote mark is empty. */
export interface Token {
  text: string;
  quote: boolean;
  /** The place in the line at which the token begins, from 0, and its number of characters there. */
  at: number;
  length: number;
}

/** How a line is taken. `problem`: the fault to report. */
export interface LineVerdict {
  accepted: boolean;
  problem: { code: LineProblem; token: Token } | null;
}

export type LineProblem =
  /** `{` begins the line. */
  | 'stray-brace'
  | 'no-opening-brace'
  /** Another word stands in the place of `{`. */
  | 'not-a-brace'
  | 'no-value'
  | 'no-closing-quote'
  | 'extra-data';

/** Words that begin a section in any place. */
const SECTIONS: ReadonlySet<string> = new Set([
  'defaults',
  'blacklist',
  'blacklist_exceptions',
  'devices',
  'device',
  'overrides',
  'multipaths',
  'multipath',
]);

/** White space of the C locale, and all characters that are not ASCII. */
const BLANKS = /[\t-\r \u0080-\uffff]*/y;
const WORD = /[^\t-\r \u0080-\uffff!#{}"]*/y;

function match(pattern: RegExp, line: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(line)?.[0] ?? '';
}

function isOver(line: string, at: number): boolean {
  return at >= line.length || line[at] === '#' || line[at] === '!';
}

/** A line as multipathd sees it: a carriage return or a zero byte ends it. */
export interface Line {
  text: string;
  /** True if there is text behind the end. */
  cut: boolean;
}

/** The lines of a file. */
export function linesOf(text: string): Line[] {
  const lines = text.split('\n').map((line) => {
    const seen = /^\r*[^\r\0]*/.exec(line)?.[0] ?? '';
    return { text: seen, cut: line.slice(seen.length).trim() !== '' };
  });
  if (lines.at(-1)?.text === '') lines.pop();
  return lines;
}

/** The end of the quoted text that begins at `at`. Two quote marks in a row stand for one in the text. */
function endOfQuoted(line: string, at: number): number {
  for (let from = at; ; ) {
    const quote = line.indexOf('"', from);
    if (quote < 0) return line.length;
    if (line[quote + 1] !== '"') return quote;
    from = quote + 2;
  }
}

/** The tokens of a line. There are none if the line is blank or a comment. */
export function tokensOf(line: string): Token[] {
  const tokens: Token[] = [];
  let at = match(BLANKS, line, 0).length;
  let inQuotes = false;
  while (inQuotes ? at < line.length : !isOver(line, at)) {
    const token = tokenAt(line, at, inQuotes);
    tokens.push(token);
    at += token.length;
    if (token.quote) inQuotes = !inQuotes;
    if (!inQuotes) at += match(BLANKS, line, at).length;
  }
  return tokens;
}

function tokenAt(line: string, at: number, inQuotes: boolean): Token {
  const char = line[at] ?? '';
  if (char === '"' && !(inQuotes && line[at + 1] === '"')) return { text: '', quote: true, at, length: 1 };
  if (inQuotes) {
    const text = line.slice(at, endOfQuoted(line, at));
    return { text: text.replaceAll('""', '"'), quote: false, at, length: text.length };
  }
  const text = char === '{' || char === '}' ? char : match(WORD, line, at);
  return { text, quote: false, at, length: text.length };
}

/** The value on a line: its second word, or the text in quotes. */
export function valueOf(tokens: readonly Token[]): Token | null {
  const [keyword, value, quoted] = tokens;
  if (keyword?.text === '}' || value === undefined) return null;
  if (!value.quote) return value;
  if (quoted !== undefined && !quoted.quote) return quoted;
  return { text: '', quote: false, at: value.at, length: quoted === undefined ? 1 : 2 };
}

const FINE: LineVerdict = { accepted: true, problem: null };

/** The number of tokens up to the end of the value, or why the value is not complete. */
function endOfValue(tokens: readonly Token[]): number | 'no-closing-quote' {
  if (tokens[1]?.quote !== true) return 2;
  if (tokens[2] === undefined) return 'no-closing-quote';
  if (tokens[2].quote) return 3;
  return tokens[3] === undefined ? 'no-closing-quote' : 4;
}

/** Checks a line without regard to its keyword. `isSection`: the keyword begins a section in its place. */
export function checkLine(tokens: readonly Token[], isSection = SECTIONS.has(tokens[0]?.text ?? '')): LineVerdict {
  const [keyword, second] = tokens;
  if (keyword === undefined) return FINE;
  const told = (accepted: boolean, code: LineProblem, token: Token): LineVerdict => ({
    accepted,
    problem: { code, token },
  });
  const behind = (count: number): LineVerdict => {
    const extra = tokens[count];
    return extra === undefined ? FINE : told(true, 'extra-data', extra);
  };
  if (keyword.text === '}') return behind(1);
  if (keyword.text === '{') return told(false, 'stray-brace', keyword);
  if (isSection) {
    if (second === undefined) return told(true, 'no-opening-brace', keyword);
    return second.text === '{' ? behind(2) : told(true, 'not-a-brace', second);
  }
  if (second === undefined) return told(false, 'no-value', keyword);
  const end = endOfValue(tokens);
  return end === 'no-closing-quote' ? told(true, end, second) : behind(end);
}
