/** Parses one file, line by line. */
import type { BlacklistDevice, BlacklistRule, Configuration, Stated } from '../configuration';
import { compileEre } from '../ere';
import { KEYWORDS } from '../keywords';
import type { Keyword } from '../settings';
import type { Mark, SourceFile } from './findings';
import { hintForNoValue, hintForWord } from './hints';
import { DEPRECATED, keywordOf } from './keywords';
import { checkLine, linesOf, tokensOf, valueOf, type Line, type LineProblem, type Token } from './lines';
import { LISTS, mayRepeat, sectionsIn, valuesIn, type Content, type OpenSection } from './sections';
import type { Report, Told } from './report';
import { maskedLine, maskedTokens } from './secrets';
import type { Placed } from './mergeSections';
import { patternHint } from './specialValues';
import type { Complaint, Lookups } from './values';

/** The results so far, over all files. */
export interface Parsing {
  configuration: Configuration;
  devices: Placed[];
  protocols: Placed[];
  multipaths: Placed[];
  report: Report;
  lookups: Lookups;
  /** Keywords without effect that were already reported. Each is reported once. */
  told: Set<string>;
  /** The place of a `polling_interval` that is no number. */
  badInterval: Stated<null> | null;
}

/** The place of the parser. */
interface Cursor extends Parsing {
  file: string;
  /** Open sections; the first is the file itself. */
  open: OpenSection[];
  line: number;
  text: string;
  tokens: Token[];
  refused: boolean;
}

/** multipathd reads at most this length of a line at once. */
const LONGEST_LINE = 1023;

const encoder = new TextEncoder();

/** Parses a file into the results so far. Returns true if a line was refused. */
export function parseFile(parsing: Parsing, { file, text }: SourceFile): boolean {
  const start: Mark = { file, line: 0, column: 0, length: 0, text: '' };
  const cursor: Cursor = {
    ...parsing,
    file,
    open: [{ content: { kind: 'top' }, name: null, mark: start, seen: new Set() }],
    line: 0,
    text: '',
    tokens: [],
    refused: false,
  };
  let isForeign = false;
  for (const line of linesOf(text)) {
    cursor.line += 1;
    cursor.text = line.text;
    cursor.tokens = tokensOf(line.text);
    if (!isForeign && line.text.includes('\ufffd')) {
      isForeign = true;
      tellLine(cursor, line.text.indexOf('\ufffd'), 1, {
        severity: 'warning',
        code: 'encoding',
        message: `${at(cursor)}, not UTF-8`,
        hint: 'what is not ASCII counts only in quotes; save the file as UTF-8',
      });
    }
    oddities(cursor, line);
    if (cursor.tokens.length > 0) readLine(cursor);
  }
  for (const { mark, name } of cursor.open.slice(1).reverse()) {
    cursor.report.tell(mark, {
      severity: 'warning',
      code: 'missing-brace',
      message: `missing '}' at end of ${file}`,
      hint: `${name ?? ''} begins here and is not closed`,
    });
  }
  parsing.badInterval = cursor.badInterval;
  return cursor.refused;
}

function at({ file, line }: Cursor): string {
  return `${file} line ${line}`;
}

function on({ file, line }: Cursor): string {
  return `on line ${line} of ${file}`;
}

function markOf(cursor: Cursor, from: number, length: number): Mark {
  const { file, line, text, tokens } = cursor;
  const column = Math.min(from, Math.max(0, text.length - 1)) + 1;
  return {
    file,
    line,
    column,
    length: Math.max(1, Math.min(length, text.length - column + 1)),
    // A finding of a full report is only counted. Millions of bad lines must not take seconds.
    text: cursor.report.isFull() ? '' : maskedLine(text, tokens),
  };
}

function tellLine(cursor: Cursor, from: number, length: number, told: Told): void {
  cursor.report.tell(markOf(cursor, from, length), told);
}

function tell(cursor: Cursor, token: Token, told: Told): void {
  tellLine(cursor, token.at, token.length, told);
}

/** Faults of lines that multipathd does not report. */
function oddities(cursor: Cursor, { text, cut }: Line): void {
  const { tokens } = cursor;
  if (cut)
    tellLine(cursor, text.length, 1, {
      severity: 'warning',
      code: 'ends-early',
      message: `${at(cursor)}, what is behind a carriage return or a zero byte is ignored`,
      hint: null,
    });
  if (tokens.length === 0) return;
  if (text.length > LONGEST_LINE / 3 && encoder.encode(text).length > LONGEST_LINE) {
    tellLine(cursor, LONGEST_LINE, 1, {
      severity: 'warning',
      code: 'long-line',
      message: `${at(cursor)}, longer than ${LONGEST_LINE} bytes`,
      hint: 'multipathd would take the rest for another line',
    });
  }
  const last = tokens.at(-1);
  const behind = last === undefined ? '' : (text[last.at + last.length] ?? '');
  if (last === undefined || last.quote || last.text === '{' || last.text === '}' || (behind !== '#' && behind !== '!'))
    return;
  tellLine(cursor, last.at + last.length, 1, {
    severity: 'notice',
    code: 'comment-in-word',
    message: `${at(cursor)}, a comment begins in the middle of a word`,
    hint: `a ${behind} that is not in quotes begins a comment`,
  });
}

function tellProblem(cursor: Cursor, code: LineProblem, token: Token): void {
  const tokens = maskedTokens(cursor.tokens);
  const text = maskedLine(cursor.text, cursor.tokens);
  const word = tokens[0]?.text ?? '';
  const found = tokens[cursor.tokens.indexOf(token)]?.text ?? '';
  const error = (message: string, hint: string | null = null): void =>
    tell(cursor, token, { severity: 'error', code, message, hint });
  switch (code) {
    case 'stray-brace':
      return error(`invalid keyword '{' ${on(cursor)}`, 'it belongs on the line of the section that it opens');
    case 'no-opening-brace':
      return error(`missing '{' ${on(cursor)}`, `write ${word} {`);
    case 'not-a-brace':
      return error(`expecting '{' ${on(cursor)}. found '${found}'`, `write ${word} {`);
    case 'no-value':
      return error(`missing value for option '${word}' ${on(cursor)}`, hintForNoValue(text, word));
    case 'no-closing-quote':
      return error(`missing closing quotes ${on(cursor)}`, 'the rest of the line is the value');
    case 'extra-data':
      return error(`ignoring extra data starting with '${found}' ${on(cursor)}`, hintForExtra(tokens));
  }
}

function hintForExtra([word, second]: readonly Token[]): string {
  if (word?.text === '}') return 'a } stands alone on its line';
  return second?.text === '{'
    ? 'what is in the section begins on the next line'
    : 'a value of several words must stand in quotes';
}

function readLine(cursor: Cursor): void {
  const { tokens, open } = cursor;
  const [keyword] = tokens;
  const section = open.at(-1);
  if (keyword === undefined || section === undefined) return;
  const word = keyword.text;
  const { content } = section;
  // In a blacklist `protocol` is a keyword.
  const isProtocol = word === 'protocol' && sectionsIn(content).includes(word);
  const { accepted, problem } = isProtocol ? checkLine(tokens, true) : checkLine(tokens);
  if (problem !== null) tellProblem(cursor, problem.code, problem.token);
  if (!accepted) return;
  if (word === '}' && open.length > 1) {
    open.pop();
    return;
  }
  if (word === '}')
    tell(cursor, keyword, {
      severity: 'error',
      code: 'unmatched-brace',
      message: `unmatched '}' at line ${cursor.line} of ${cursor.file}`,
      hint: 'no section is open here',
    });

  const isSection = sectionsIn(content).includes(word);
  if (!isSection && !valuesIn(content).includes(word)) return unknown(cursor, section, keyword);
  if (!mayRepeat(content, word, isSection)) {
    if (section.seen.has(word))
      tell(cursor, keyword, {
        severity: 'warning',
        code: 'duplicate-keyword',
        message: `${at(cursor)}, duplicate keyword: ${word}`,
        hint: isSection ? 'it adds to the first' : 'the last one counts',
      });
    section.seen.add(word);
  }
  if (isSection) openSection(cursor, content, keyword);
  else takeValue(cursor, content, word);
}

function unknown(cursor: Cursor, { content, name }: OpenSection, keyword: Token): void {
  const where = name === null ? '' : ` in the ${name} section`;
  const [shown = keyword] = cursor.report.isFull() ? [] : maskedTokens(cursor.tokens);
  const message = `${at(cursor)}, invalid keyword${where}: ${shown.text}`;
  const hint = keyword.quote
    ? 'a keyword does not stand in quotes'
    : cursor.report.isFull()
      ? null
      : hintForWord(content, keyword.text);
  tell(cursor, keyword, { severity: 'warning', code: 'unknown-keyword', message, hint });
}

function openSection(cursor: Cursor, around: Content, keyword: Token): void {
  const mark = markOf(cursor, keyword.at, keyword.length);
  cursor.open.push({
    content: contentOf(cursor, around, keyword.text, mark),
    name: keyword.text,
    mark,
    seen: new Set(),
  });
}

function contentOf(
  { configuration, devices, protocols, multipaths }: Cursor,
  around: Content,
  name: string,
  mark: Mark,
): Content {
  const placed = (list: Placed[]): Placed['block'] => {
    const block = {};
    list.push({ block, mark });
    return block;
  };
  switch (name) {
    case 'defaults':
      return { kind: 'block', section: name, block: configuration.defaults };
    case 'overrides':
      return { kind: 'block', section: name, block: configuration.overrides };
    case 'blacklist':
      return { kind: 'rules', rules: configuration.blacklist };
    case 'blacklist_exceptions':
      return { kind: 'rules', rules: configuration.exceptions };
    case 'devices':
    case 'multipaths':
      return { kind: 'group', of: name };
    case 'multipath':
      return { kind: 'block', section: 'multipaths', block: placed(multipaths) };
    case 'protocol':
      return { kind: 'block', section: 'protocol', block: placed(protocols) };
    default: {
      if (around.kind !== 'rules') return { kind: 'block', section: 'devices', block: placed(devices) };
      const device: BlacklistDevice = { vendor: null, product: null };
      around.rules.device.push(device);
      return { kind: 'rule-device', device };
    }
  }
}

function takeValue(cursor: Cursor, content: Content, word: string): void {
  const value = valueOf(cursor.tokens);
  if (value === null) return;
  switch (content.kind) {
    case 'block': {
      const keyword = keywordOf(word);
      if (keyword === null) tellDeprecated(cursor, word);
      else takeSetting(cursor, content.block, keyword, word, value);
      return;
    }
    case 'rules': {
      const list = LISTS.find((name) => name === word);
      const rule = takeRule(cursor, value);
      if (list !== undefined && rule !== null) content.rules[list].push(rule);
      return;
    }
    case 'rule-device': {
      const rule = takeRule(cursor, value);
      if (rule !== null) content.device[word === 'vendor' ? 'vendor' : 'product'] = rule;
      return;
    }
    case 'top':
    case 'group':
      return;
  }
}

function tellDeprecated(cursor: Cursor, word: string): void {
  const { tokens, told } = cursor;
  const [keyword] = tokens;
  if (keyword === undefined || told.has(word)) return;
  told.add(word);
  const instead = DEPRECATED.get(word)?.instead ?? '';
  tell(cursor, keyword, {
    severity: 'warning',
    code: 'deprecated-keyword',
    message: `${at(cursor)}: ignoring deprecated option "${word}", using built-in value: "${instead}"`,
    hint: null,
  });
}

function tellComplaint(cursor: Cursor, value: Token, { severity, code, text, hint, at: offset }: Complaint): void {
  const [from, length] = offset === undefined ? [value.at, value.length] : [value.at + offset, 1];
  tellLine(cursor, from, length, { severity, code, message: `${at(cursor)}, ${text}`, hint });
}

/** multipathd's word for a fault that makes the main file unusable. */
function refuse(cursor: Cursor, from: number, length: number, hint: string | null): void {
  cursor.refused = true;
  tellLine(cursor, from, length, {
    severity: 'warning',
    code: 'refused',
    message: `${at(cursor)}, parsing failed: ${maskedLine(cursor.text, cursor.tokens)}`,
    hint,
  });
}

function takeSetting<K extends Keyword>(
  cursor: Cursor,
  block: Placed['block'],
  keyword: K,
  word: string,
  value: Token,
): void {
  const { file, line, told, lookups } = cursor;
  const rule = KEYWORDS[keyword];
  const result = rule.read(value.text, word, lookups);
  if (result.taken === 'refused') return refuse(cursor, value.at, value.length, result.hint);
  if (result.complaint !== null) tellComplaint(cursor, value, result.complaint);
  if (result.taken === 'nothing' && keyword === 'polling_interval') cursor.badInterval = { value: null, file, line };
  if (result.taken === 'unset') delete block[keyword];
  if (result.taken !== 'value') return;
  block[keyword] = { value: result.value, file, line } as Placed['block'][K];
  const [first] = cursor.tokens;
  if (rule.effect === 'yes' || told.has(keyword) || first === undefined) return;
  told.add(keyword);
  tell(cursor, first, {
    severity: 'warning',
    code: 'no-effect',
    message: `${at(cursor)}, ${word} has no effect in mpathd yet`,
    hint: null,
  });
}

/** Reads a pattern of a blacklist: `!` inverts it, `\!` is that character. */
function takeRule(cursor: Cursor, value: Token): BlacklistRule | null {
  const { file, line } = cursor;
  const inverted = value.text.startsWith('!');
  const skipped = inverted || value.text.startsWith('\\!') ? 1 : 0;
  const pattern = value.text.slice(skipped);
  const compiled = compileEre(pattern);
  if (!compiled.ok) {
    refuse(
      cursor,
      value.at + skipped + compiled.at,
      1,
      [compiled.reason, patternHint(pattern) ?? []].flat().join('; '),
    );
    return null;
  }
  if (pattern === '')
    tell(cursor, value, {
      severity: 'warning',
      code: 'matches-all',
      message: `${at(cursor)}, an empty pattern matches ${inverted ? 'nothing, inverted' : 'everything'}`,
      hint: null,
    });
  return { pattern, inverted, file, line };
}
