/** The values of the keywords of multipath.conf, and the origins of values in force. */
import type { KEYWORDS, Section } from './keywords';
import type { Reader } from './parse/values';

export type { Section };

export type Keyword = keyof typeof KEYWORDS;

/** Every keyword with the type of its value in the rest of mpathd: the type that its reader gives. */
export type SettingValues = {
  [K in keyof typeof KEYWORDS]: (typeof KEYWORDS)[K]['read'] extends Reader<infer T> ? T : never;
};

export type FindMultipaths = SettingValues['find_multipaths'];

/** The origin of a value in force. */
export type Origin =
  /** A line of a file. */
  | { from: 'file'; section: Section; file: string; line: number }
  /** An entry of the built-in hardware table: its vendor and product. */
  | { from: 'hardware table'; vendor: string; product: string }
  /** The device's own properties go before the configured value. `why` is a text for the log. */
  | { from: 'detection'; why: string }
  | { from: 'command line' }
  | { from: 'default' };

/** A value in force, with its origin. */
export interface Setting<T> {
  value: T;
  origin: Origin;
}
