import type { Facts } from './facts';

/*
 * Debian's multipath shows a setting only when it looks the setting up; mpathd knows all settings. Also, the disk's own
 * report goes before the configuration. For mpathd this shows in the maps and checks, and not here.
 */

/** Settings that are looked up only without an alias. */
const WITHOUT_ALIAS = /^\S+ setting (user_friendly_names|alias_prefix)$/;
const SETTING = /^(\S+) setting /;
const LOADED = /^\S+ loaded /;
/** Facts of a disk that is no path. Each side notices this at another point. */
const OF_A_PATH = /^\S+ (wwid|priority)$/;
const BY_DETECTION = / \(detection\)$/;
const BY_DEFAULT = / \(default\)$/;

/**
 * For a path that is left alone, and for a LUN without a map, only some settings are looked up. These are the last
 * ones.
 */
const LAST = /^(\S+) setting (prio_args|flush_on_last_del)$/;

const toldOf = (theirs: Facts): ReadonlySet<string> =>
  new Set([...theirs.keys()].flatMap((fact) => LAST.exec(fact)?.[1] ?? []));

/** Our facts, without the settings that multipath had no reason to show. */
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

/** A name that no file has. What counts is the map's name. */
const CHOSEN_ALIAS = /^\S+ setting alias$/;

/** If the file does not set it, this is a constant of the program. */
const BUILT_IN_TIMEOUT = /^\S+ setting checker_timeout$/;

const isConfigured = (fact: string, value: string): boolean =>
  !BY_DETECTION.test(value) &&
  !(CHOSEN_ALIAS.test(fact) && !value.endsWith(' (multipaths)')) &&
  !(BUILT_IN_TIMEOUT.test(fact) && BY_DEFAULT.test(value));

/** Their facts, without detected and chosen values, and without the tables that we had no reason to load. */
export const asConfigured = (theirs: Facts, ours: Facts): Facts =>
  new Map(
    [...theirs].filter(([fact, value]) => {
      if (SETTING.test(fact)) return isConfigured(fact, value);
      return !(LOADED.test(fact) || OF_A_PATH.test(fact)) || ours.has(fact);
    }),
  );
