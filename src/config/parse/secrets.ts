/** Keeps secrets out of findings. A mistyped line must not give them away either: a finding goes to the log. */
import { SECRET_KEYWORDS } from '../secrets';
import { distance } from '../suggest';
import { valueOf, type Token } from './lines';

/** So many letters can be wrong in a keyword that is still meant. */
const SLIPS = 3;

const LONGEST_SLIP = 40;

/** A word that is a key, or has one at its end: no keyword has eight hex digits in a row. */
const KEY = /(?:0x)?[0-9a-f]{8}[0-9a-f]*/i;

/** The place in a word at which its secret begins: behind the keyword; null: the word begins no secret. */
function endOfSecretKeyword(word: string): number | null {
  const lower = word.slice(0, LONGEST_SLIP).toLowerCase();
  const begun = SECRET_KEYWORDS.find((keyword) => lower.startsWith(keyword));
  if (begun !== undefined) return begun.length;
  const [letters = ''] = /^[a-z_]*/.exec(lower) ?? [];
  const isMeant = (keyword: string): boolean =>
    Math.abs(letters.length - keyword.length) <= SLIPS && distance(letters, keyword) <= SLIPS;
  return SECRET_KEYWORDS.some(isMeant) ? letters.length : null;
}

/** The place in the line from which on all is secret; null: nothing is. */
function startOfSecret(tokens: readonly Token[]): number | null {
  const [first] = tokens;
  for (const token of tokens) {
    const end = token.quote ? null : endOfSecretKeyword(token.text);
    if (end !== null) return isFile(token, tokens) ? null : token.at + end;
  }
  const key = first === undefined ? null : KEY.exec(first.text);
  return first === undefined || key === null ? null : first.at + key.index;
}

/** `reservation_key file` says where the keys are, and is none. */
function isFile(keyword: Token, tokens: readonly Token[]): boolean {
  return keyword === tokens[0] && keyword.text === 'reservation_key' && valueOf(tokens)?.text === 'file';
}

const stars = (text: string): string => text.replace(/[^\s"]/g, '*');

/** The line in a form that may be shown and logged. */
export function maskedLine(line: string, tokens: readonly Token[]): string {
  const from = startOfSecret(tokens);
  return from === null ? line : line.slice(0, from) + stars(line.slice(from));
}

/** The tokens of the line in a form that may be quoted in a message. */
export function maskedTokens(tokens: readonly Token[]): readonly Token[] {
  const from = startOfSecret(tokens);
  if (from === null) return tokens;
  return tokens.map((token) => {
    const shown = Math.max(0, from - token.at);
    return shown >= token.length
      ? token
      : { ...token, text: token.text.slice(0, shown) + stars(token.text.slice(shown)) };
  });
}
