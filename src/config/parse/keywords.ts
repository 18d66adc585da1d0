/** The keywords in the forms in which files have them: with all their names, by section, with deprecated keywords. */
import { ALL_KEYWORDS, KEYWORDS } from '../keywords';
import type { Keyword, Section } from '../settings';

/** Other names of keywords. */
const SYNONYMS: ReadonlyMap<string, Keyword> = new Map([['checker', 'path_checker']]);

/** The keyword with this name, in any section. */
export function keywordOf(name: string): Keyword | null {
  // Object.hasOwn does not narrow.
  return Object.hasOwn(KEYWORDS, name) ? (name as Keyword) : (SYNONYMS.get(name) ?? null);
}

/** A deprecated keyword. */
export interface DeprecatedKeyword {
  sections: readonly Section[];
  /** The value that multipathd says it uses instead. */
  instead: string;
}

/** Keywords that are accepted and have no effect, neither here nor in multipathd. */
export const DEPRECATED: ReadonlyMap<string, DeprecatedKeyword> = new Map([
  ['multipath_dir', { sections: ['defaults'], instead: '/lib64/multipath' }],
  ['config_dir', { sections: ['defaults'], instead: '/etc/multipath/conf.d' }],
  ['bindings_file', { sections: ['defaults'], instead: '/etc/multipath/bindings' }],
  ['wwids_file', { sections: ['defaults'], instead: '/etc/multipath/wwids' }],
  ['prkeys_file', { sections: ['defaults'], instead: '/etc/multipath/prkeys' }],
  ['disable_changed_wwids', { sections: ['defaults'], instead: 'yes' }],
  ['pg_timeout', { sections: ['defaults', 'devices', 'multipaths'], instead: '(not set)' }],
  ['getuid_callout', { sections: ['defaults', 'devices', 'overrides'], instead: '(not set)' }],
]);

/** The keywords that may stand in a section, with synonyms and deprecated keywords. */
export function keywordsIn(section: Section): readonly string[] {
  return BY_SECTION[section];
}

function namesIn(section: Section): string[] {
  const present = [...ALL_KEYWORDS, ...SYNONYMS.keys()].filter((name) => {
    const keyword = keywordOf(name);
    return keyword !== null && KEYWORDS[keyword].sections.includes(section);
  });
  return [
    ...present,
    ...[...DEPRECATED].filter(([, { sections }]) => sections.includes(section)).map(([name]) => name),
  ];
}

const BY_SECTION: Readonly<Record<Section, readonly string[]>> = {
  defaults: namesIn('defaults'),
  devices: namesIn('devices'),
  overrides: namesIn('overrides'),
  protocol: namesIn('protocol'),
  multipaths: namesIn('multipaths'),
};
