/** What holds where nothing sets a keyword (multipath.conf(5)), and which keyword is about what. */
import { ALL_KEYWORDS, KEYWORDS, type Subject } from './keywords';
import { DEFAULTS_ORDER, inOrder } from './printOrder';
import type { Keyword } from './settings';

type Table = typeof KEYWORDS;

type KeywordAbout<S extends Subject> = { [K in Keyword]: Table[K]['about'] extends S ? K : never }[Keyword];

export type DaemonKeyword = KeywordAbout<'daemon'>;
export type PathKeyword = KeywordAbout<'path'>;
export type MapKeyword = KeywordAbout<'map'>;

/** In the table's order. */
export function keywordsAbout<S extends Subject>(subject: S): ReadonlyArray<KeywordAbout<S>> {
  return ALL_KEYWORDS.filter((keyword): keyword is KeywordAbout<S> => KEYWORDS[keyword].about === subject);
}

/** Keywords of one path. */
export const PATH_KEYWORDS = keywordsAbout('path');

/** Keywords of one map. */
export const MAP_KEYWORDS = keywordsAbout('map');

type WithDefault = { [K in Keyword]: Table[K]['default'] extends undefined ? never : K }[Keyword];

/** The defaults, in the order in which they are printed. A keyword that is not here is unset where nothing sets it. */
export const DEFAULTS = Object.fromEntries(
  inOrder(DEFAULTS_ORDER, ALL_KEYWORDS)
    .map((keyword) => [keyword, KEYWORDS[keyword].default])
    .filter(([, value]) => value !== undefined),
) as { readonly [K in WithDefault]: Table[K]['default'] };

/** What a lookup gives: never null where there is a default. */
export type MaybeUnset<K extends Keyword> = K extends WithDefault ? never : null;
