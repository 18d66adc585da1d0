/** Hints for words that are not known in their place: what was probably meant. */
import { ALL_KEYWORDS, KEYWORDS } from '../keywords';
import { suggestion } from '../suggest';
import type { Section } from '../settings';
import { keywordOf } from './keywords';
import { sectionsIn, valuesIn, type Content } from './sections';

/** Nobody mistypes a longer word, and the comparison takes time. */
const LONGEST = 40;

const SECTION_NAMES: Readonly<Record<Section, string>> = {
  defaults: 'defaults',
  devices: 'a device in devices',
  overrides: 'overrides',
  protocol: 'a protocol in overrides',
  multipaths: 'a multipath in multipaths',
};

/** The sections in which these words may stand. */
const HOMES: Readonly<Record<string, string>> = {
  device: 'devices, blacklist or blacklist_exceptions',
  multipath: 'multipaths',
  protocol: 'overrides, blacklist or blacklist_exceptions',
  devnode: 'blacklist or blacklist_exceptions',
  property: 'blacklist or blacklist_exceptions',
};

/** A hint for a word that cannot stand in its place; null: there is no hint. */
export function hintForWord(content: Content, word: string): string | null {
  if (word === '' || word === '}' || word.length > LONGEST) return null;
  const keyword = keywordOf(word);
  if (keyword !== null)
    return `it belongs into ${KEYWORDS[keyword].sections.map((section) => SECTION_NAMES[section]).join(', or ')}`;
  if (Object.hasOwn(HOMES, word)) return `it belongs into ${HOMES[word]}`;
  if (sectionsIn({ kind: 'top' }).includes(word)) return 'it is a section of its own: close the one before with }';
  const meant = suggestion(word, [...sectionsIn(content), ...valuesIn(content)]);
  if (meant !== null) return `did you mean ${meant}?`;
  const elsewhere = suggestion(word, [...sectionsIn({ kind: 'top' }), ...Object.keys(HOMES), ...ALL_KEYWORDS]);
  return elsewhere === null ? null : `did you mean ${elsewhere}? ${hintForWord(content, elsewhere) ?? ''}`.trim();
}

/** A hint for a keyword without a value: the value may be part of the word, or a comment. */
export function hintForNoValue(line: string, word: string): string | null {
  const [, keyword, value] = /^([a-z_]+)=(.*)$/.exec(word) ?? [];
  if (keyword !== undefined) return `write ${keyword} ${value === '' ? 'VALUE' : value}, without =`;
  const comment = line.slice(line.indexOf(word) + word.length).trim();
  return comment.startsWith('!') ? 'a ! that is not in quotes begins a comment: put the value in quotes' : null;
}
