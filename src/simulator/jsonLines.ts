/** Finds the line of each value in a JSON text, so that an error message can name it. */

/** Path of a value (`steps[3].lun`) to its line, from 1. */
export interface JsonLines {
  lineOf(path: string): number;
  /** Paths that occur twice: JSON.parse silently takes the last one. */
  duplicates: string[];
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+|\n/g;

interface Open {
  path: string;
  /** The next index of an array; null in an object. */
  index: number | null;
  key: string | null;
}

const childPath = (open: Open): string => {
  if (open.index !== null) return `${open.path}[${open.index}]`;
  return open.path === '' ? (open.key ?? '') : `${open.path}.${open.key ?? ''}`;
};

/** The lines of a text that JSON.parse accepted. */
export function linesOfJson(text: string): JsonLines {
  const lines = new Map<string, number>([['', 1]]);
  const duplicates: string[] = [];
  const stack: Open[] = [];
  let line = 1;
  const note = (path: string): void => {
    if (lines.has(path) && path !== '') duplicates.push(path);
    lines.set(path, line);
  };
  for (const [token] of text.matchAll(TOKEN)) {
    const open = stack[stack.length - 1];
    if (token === '\n') line++;
    else if (token === ',') {
      if (open?.index != null) open.index++;
      else if (open !== undefined) open.key = null;
    } else if (token === '}' || token === ']') stack.pop();
    else if (token === ':') continue;
    else if (open !== undefined && open.index === null && open.key === null) open.key = String(JSON.parse(token));
    else {
      const path = open === undefined ? '' : childPath(open);
      note(path);
      if (token === '{') stack.push({ path, index: null, key: null });
      if (token === '[') stack.push({ path, index: 0, key: null });
    }
  }
  const lineOf = (path: string): number => {
    for (let at = path; ; at = at.slice(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('[')))) {
      const found = lines.get(at);
      if (found !== undefined) return found;
      if (!/[.[]/.test(at)) return 1;
    }
  };
  return { lineOf, duplicates };
}

/** True if a text that JSON.parse accepted has more levels of lists and records than `most`. */
export function isDeeper(text: string, most: number): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth > most) return true;
  }
  return false;
}

/** Line and column, from 1, of an offset in a text. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}
