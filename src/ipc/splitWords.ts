/**
 * A command line into words, by the rules of a line of multipath.conf: blanks and bytes that are not
 * ASCII separate, `"` quotes (two of them inside quotes stand for one), `#` and `!` begin a comment,
 * braces are words of their own.
 */

const isSeparator = (c: string): boolean => /[\s\u0080-\uffff]/.test(c);
const endsWord = (c: string): boolean => isSeparator(c) || '!#{}"'.includes(c);

/** The quoted word that begins after `start`'s quote mark, and where the line goes on. */
function quoted(line: string, start: number): { word: string; next: number } {
  let word = '';
  let at = start + 1;
  while (at < line.length) {
    if (line[at] === '"') {
      if (line[at + 1] !== '"') return { word, next: at + 1 };
      at++;
    }
    word += line[at];
    at++;
  }
  // An unclosed quote: the rest of the line is the word.
  return { word, next: at };
}

/** The words of a line; empty quoted ones are dropped, as the command grammar does not see them. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    const c = line.charAt(at);
    if (c === '#' || c === '!') break;
    if (isSeparator(c)) {
      at++;
    } else if (c === '"') {
      const { word, next } = quoted(line, at);
      if (word !== '') words.push(word);
      at = next;
    } else if (c === '{' || c === '}') {
      words.push(c);
      at++;
    } else {
      const start = at;
      while (at < line.length && !endsWord(line.charAt(at))) at++;
      words.push(line.slice(start, at));
    }
  }
  return words;
}
