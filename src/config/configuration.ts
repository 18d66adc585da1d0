/**
 * What the configuration files say, as data: parsed and checked, not yet merged. JSON-safe, as the
 * engine gets it as an input. The built-in hardware table is not in it.
 */
import type { Keyword, SettingValues } from './settings';

/** A value and the line that it stands on, counted from 1. */
export interface Stated<T> {
  value: T;
  file: string;
  line: number;
}

/** What one section says; of a keyword that is repeated the last one counts. */
export type Block = { [K in Keyword]?: Stated<SettingValues[K]> };

/** One rule of a blacklist, or of its exceptions. */
export interface BlacklistRule {
  /** An extended regular expression (POSIX); without the `!` that inverts it. */
  pattern: string;
  inverted: boolean;
  file: string;
  line: number;
}

/** A `device` in a blacklist: a criterion that is not there matches every device. */
export interface BlacklistDevice {
  vendor: BlacklistRule | null;
  product: BlacklistRule | null;
}

/** The rules of `blacklist` or of `blacklist_exceptions`, in the order of the files. */
export interface BlacklistRules {
  devnode: BlacklistRule[];
  wwid: BlacklistRule[];
  property: BlacklistRule[];
  protocol: BlacklistRule[];
  device: BlacklistDevice[];
}

/** All sections of multipath.conf and the files in conf.d. */
export interface Configuration {
  /** Those read, in their order. */
  files: string[];
  defaults: Block;
  blacklist: BlacklistRules;
  exceptions: BlacklistRules;
  /** The `device` sections in their order; each has vendor and product. */
  devices: Block[];
  overrides: Block;
  /** The `protocol` sections in their order; each has a type. */
  protocols: Block[];
  /** One for each WWID; each has it. */
  multipaths: Block[];
}

function noRules(): BlacklistRules {
  return { devnode: [], wwid: [], property: [], protocol: [], device: [] };
}

/** What no file at all says. */
export function emptyConfiguration(): Configuration {
  return {
    files: [],
    defaults: {},
    blacklist: noRules(),
    exceptions: noRules(),
    devices: [],
    overrides: {},
    protocols: [],
    multipaths: [],
  };
}
