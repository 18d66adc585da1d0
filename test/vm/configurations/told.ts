import type { Facts } from './facts';

/*
 * Debian's multipath tells of a setting when it looks it up, and only then; mpathd knows them all. And what
 * the disk says of itself beats what is configured, which for mpathd shows in the maps and checks, not here.
 */

/** Looked up only where there is no alias. */
const WITHOUT_ALIAS = /^\S+ setting (user_friendly_names|alias_prefix)$/;
const SETTING = /^(\S+) setting /;
const LOADED = /^\S+ loaded /;
/** Of a disk that is no path: each side finds that out at another point. */
const OF_A_PATH = /^\S+ (wwid|priority)$/;
const BY_DETECTION = / \(detection\)$/;
const BY_DEFAULT = / \(default\)$/;

/** Of a path that is left alone, and of a LUN that gets no map, only a part is looked up; these are looked up last. */
const LAST = /^(\S+) setting (prio_args|flush_on_last_del)$/;

const toldOf = (theirs: Facts): ReadonlySet<string> =>
  new Set([...theirs.keys()].flatMap((fact) => LAST.exec(fact)?.[1] ?? []));

/** Our facts without the settings that they had no reason to tell of. */
export const asTheyTell = (ours: Facts, theirs: Facts): Facts => {
  const told = toldOf(theirs);
  return new Map(
    [...ours].filter(([fact, value]) => {
      if (LOADED.test(fact) || WITHOUT_ALIAS.test(fact) || OF_A_PATH.test(fact)) return theirs.has(fact);
      const [, subject] = SETTING.exec(fact) ?? [];
      if (subject === undefined) return true;
      if (BY_DETECTION.test(theirs.get(fact) ?? '')) return false;
      return theirs.has(fact) || (told.has(subject) && !BY_DEFAULT.test(value));
    }),
  );
};

/** A name that no file says: what counts is the map's. */
const CHOSEN_ALIAS = /^\S+ setting alias$/;

/** Without a word in the file this is a constant of the program's. */
const BUILT_IN_TIMEOUT = /^\S+ setting checker_timeout$/;

const isConfigured = (fact: string, value: string): boolean =>
  !BY_DETECTION.test(value) &&
  !(CHOSEN_ALIAS.test(fact) && !value.endsWith(' (multipaths)')) &&
  !(BUILT_IN_TIMEOUT.test(fact) && BY_DEFAULT.test(value));

/** Their facts without what was detected or chosen, and without the tables that we had no reason to load. */
export const asConfigured = (theirs: Facts, ours: Facts): Facts =>
  new Map(
    [...theirs].filter(([fact, value]) => {
      if (SETTING.test(fact)) return isConfigured(fact, value);
      return !(LOADED.test(fact) || OF_A_PATH.test(fact)) || ours.has(fact);
    }),
  );
