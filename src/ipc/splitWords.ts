/**
 * Splits a command line into words, by the rules for a line of multipath.conf: blanks and bytes that are not ASCII
 * separate words, `"` quotes (two of them inside quotes stand for one), `#` and `!` begin a comment, and a brace is a
 * word of its own.
 */

const isSeparator = (c: string): boolean => /[\s\u0080-\uffff]/.test(c);
const endsWord = (c: string): boolean => isSeparator(c) || '!#{}"'.includes(c);

/** The quoted word that begins after the quote mark at `start`, and the place at which the line goes on. */
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
  // A quote is not closed: the rest of the line is the word.
  return { word, next: at };
}

/** The words of a line. An empty quoted word is dropped, because the command grammar does not see it. */
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
