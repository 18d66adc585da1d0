/** The values that keywords of multipath.conf have, and what a value that is in force came from. */
import type { KEYWORDS, Section } from './keywords';
import type { Reader } from './parse/values';

export type { Section };

export type Keyword = keyof typeof KEYWORDS;

/** Every keyword with the type of its value as the rest of mpathd sees it: what its reader gives. */
export type SettingValues = {
  [K in keyof typeof KEYWORDS]: (typeof KEYWORDS)[K]['read'] extends Reader<infer T> ? T : never;
};

export type FindMultipaths = SettingValues['find_multipaths'];

/** Where a value that is in force came from. */
export type Origin =
  /** A line of a file. */
  | { from: 'file'; section: Section; file: string; line: number }
  /** An entry of the built-in hardware table: its vendor and product. */
  | { from: 'hardware table'; vendor: string; product: string }
  /** What the device says of itself beats what is configured; `why` is fit for the log. */
  | { from: 'detection'; why: string }
  | { from: 'command line' }
  | { from: 'default' };

/** A value in force, and where it came from. */
export interface Setting<T> {
  value: T;
  origin: Origin;
}
