/** The value of a keyword that nothing sets (multipath.conf(5)), and the subject of each keyword. */
import { ALL_KEYWORDS, KEYWORDS, type Subject } from './keywords';
import { DEFAULTS_ORDER, inOrder } from './printOrder';
import type { Keyword } from './settings';

type Table = typeof KEYWORDS;

type KeywordAbout<S extends Subject> = { [K in Keyword]: Table[K]['about'] extends S ? K : never }[Keyword];

export type DaemonKeyword = KeywordAbout<'daemon'>;
export type PathKeyword = KeywordAbout<'path'>;
export type MapKeyword = KeywordAbout<'map'>;

/** In the order of the table. */
export function keywordsAbout<S extends Subject>(subject: S): ReadonlyArray<KeywordAbout<S>> {
  return ALL_KEYWORDS.filter((keyword): keyword is KeywordAbout<S> => KEYWORDS[keyword].about === subject);
}

/** Keywords of one path. */
export const PATH_KEYWORDS = keywordsAbout('path');

/** Keywords of one map. */
export const MAP_KEYWORDS = keywordsAbout('map');

type WithDefault = { [K in Keyword]: Table[K]['default'] extends undefined ? never : K }[Keyword];

/** The defaults, in the order in which they are printed. A keyword that is missing here has no default. */
export const DEFAULTS = Object.fromEntries(
  inOrder(DEFAULTS_ORDER, ALL_KEYWORDS)
    .map((keyword) => [keyword, KEYWORDS[keyword].default])
    .filter(([, value]) => value !== undefined),
) as { readonly [K in WithDefault]: Table[K]['default'] };

/** null if a keyword has no default. A look-up gives no null for a keyword with a default. */
export type MaybeUnset<K extends Keyword> = K extends WithDefault ? never : null;
