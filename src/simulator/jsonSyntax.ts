/** Finds the position at which a text is no JSON any more: V8 names no position for an unexpected token (Node 20). */

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end';

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** What may follow a bracket, a comma or a colon; null if the mark itself is not allowed at this place. */
function afterMark(mark: string, expected: Expected, open: string[]): Expected | null {
  const inside = open[open.length - 1];
  const value = expected === 'value' || expected === 'value or ]';
  if (mark === '{' || mark === '[') {
    if (!value) return null;
    open.push(mark);
    return mark === '{' ? 'key or }' : 'value or ]';
  }
  if (mark === ':') return expected === 'colon' ? 'value' : null;
  if (mark === ',') {
    if (expected !== 'comma or end' || inside === undefined) return null;
    return inside === '{' ? 'key' : 'value';
  }
  const closes = mark === '}' ? inside === '{' : mark === ']' && inside === '[';
  const empty = expected === (mark === '}' ? 'key or }' : 'value or ]');
  if (!closes || (expected !== 'comma or end' && !empty)) return null;
  open.pop();
  return 'comma or end';
}

/** The length of the string or scalar at `at`; 0 if there is none, or if none is allowed there. */
function plainLength(text: string, at: number, expected: Expected): number {
  const key = expected === 'key' || expected === 'key or }';
  const value = expected === 'value' || expected === 'value or ]';
  const string = key || value ? match(STRING, text, at) : 0;
  return string > 0 || !value ? string : match(SCALAR, text, at);
}

/**
 * The offset of the first character that is not allowed; the text's length if the text ends too early; null if it is
 * JSON.
 */
export function syntaxErrorAt(text: string): number | null {
  const open: string[] = [];
  let expected: Expected = 'value';
  for (let at = match(SPACE, text, 0); at < text.length; at += match(SPACE, text, at)) {
    const length = plainLength(text, at, expected);
    if (length > 0) {
      expected = expected.startsWith('key') ? 'colon' : 'comma or end';
      at += length;
      continue;
    }
    const next = afterMark(text[at] as string, expected, open);
    if (next === null) return at;
    expected = next;
    at++;
  }
  return expected === 'comma or end' && open.length === 0 ? null : text.length;
}
