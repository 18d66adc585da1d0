/** The keywords of the command language (multipathd(8), "COMMANDS"), and their shortened forms. */

/** A keyword by its meaning. Several spellings may have one meaning. */
export type Key =
  | 'list'
  | 'add'
  | 'remove'
  | 'switch'
  | 'suspend'
  | 'resume'
  | 'reinstate'
  | 'fail'
  | 'resize'
  | 'reset'
  | 'reload'
  | 'forcequeueing'
  | 'disablequeueing'
  | 'restorequeueing'
  | 'paths'
  | 'maps'
  | 'path'
  | 'map'
  | 'group'
  | 'reconfigure'
  | 'daemon'
  | 'status'
  | 'stats'
  | 'topology'
  | 'config'
  | 'blacklist'
  | 'devices'
  | 'raw'
  | 'wildcards'
  | 'quit'
  | 'shutdown'
  | 'getprstatus'
  | 'setprstatus'
  | 'unsetprstatus'
  | 'format'
  | 'json'
  | 'getprkey'
  | 'setprkey'
  | 'unsetprkey'
  | 'key'
  | 'local'
  | 'setmarginal'
  | 'unsetmarginal'
  | 'all'
  | 'getprhold'
  | 'setprhold'
  | 'unsetprhold'
  | 'pathlist';

/** The spellings of meanings that have more than one, in the order in which help prints them. */
const SYNONYMS: Partial<Record<Key, readonly string[]>> = {
  list: ['list', 'show'],
  remove: ['remove', 'del'],
  switch: ['switch', 'switchgroup'],
  map: ['map', 'multipath'],
  maps: ['maps', 'multipaths'],
  quit: ['quit', 'exit'],
};

const KEYS: readonly Key[] = [
  'list',
  'add',
  'remove',
  'switch',
  'suspend',
  'resume',
  'reinstate',
  'fail',
  'resize',
  'reset',
  'reload',
  'forcequeueing',
  'disablequeueing',
  'restorequeueing',
  'paths',
  'maps',
  'path',
  'map',
  'group',
  'reconfigure',
  'daemon',
  'status',
  'stats',
  'topology',
  'config',
  'blacklist',
  'devices',
  'raw',
  'wildcards',
  'quit',
  'shutdown',
  'getprstatus',
  'setprstatus',
  'unsetprstatus',
  'format',
  'json',
  'getprkey',
  'setprkey',
  'unsetprkey',
  'key',
  'local',
  'setmarginal',
  'unsetmarginal',
  'all',
  'getprhold',
  'setprhold',
  'unsetprhold',
  'pathlist',
];

const WITH_PARAMETER: ReadonlySet<Key> = new Set<Key>(['path', 'map', 'group', 'format', 'key', 'pathlist']);

/** All spellings of a keyword. */
export function spellings(key: Key): readonly string[] {
  return SYNONYMS[key] ?? [key];
}

const SPELLED: ReadonlyMap<string, Key> = new Map(KEYS.flatMap((key) => spellings(key).map((word) => [word, key])));

/** True if the word after this keyword is its parameter. */
export function takesParameter(key: Key): boolean {
  return WITH_PARAMETER.has(key);
}

/**
 * The keyword that a word means: a whole spelling, or a prefix of exactly one spelling (`sho`, but not `sh`: show,
 * shutdown); null: there is none.
 */
export function findKey(word: string): Key | null {
  const exact = SPELLED.get(word);
  if (exact !== undefined) return exact;
  const found = [...SPELLED].filter(([spelling]) => spelling.startsWith(word));
  return found.length === 1 ? (found[0]?.[1] ?? null) : null;
}
