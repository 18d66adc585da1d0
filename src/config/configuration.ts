/**
 * The contents of the configuration files as data: parsed and checked, not yet merged. The data is JSON-safe, because
 * the engine gets it as an input. It does not contain the built-in hardware table.
 */
import type { Keyword, SettingValues } from './settings';

/** A value with its file and line. Lines count from 1. */
export interface Stated<T> {
  value: T;
  file: string;
  line: number;
}

/** The values of one section. If a keyword is repeated, the last value counts. */
export type Block = { [K in Keyword]?: Stated<SettingValues[K]> };

/** One rule of a blacklist or of its exceptions. */
export interface BlacklistRule {
  /** An extended regular expression (POSIX), without the `!` that inverts it. */
  pattern: string;
  inverted: boolean;
  file: string;
  line: number;
}

/** A `device` in a blacklist. A missing criterion matches every device. */
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

/** All sections of multipath.conf and of the files in conf.d. */
export interface Configuration {
  /** The files that were read, in their order. */
  files: string[];
  defaults: Block;
  blacklist: BlacklistRules;
  exceptions: BlacklistRules;
  /** The `device` sections in their order. Each has a vendor and a product. */
  devices: Block[];
  overrides: Block;
  /** The `protocol` sections in their order. Each has a type. */
  protocols: Block[];
  /** One section for each WWID. Each has its WWID. */
  multipaths: Block[];
}

function noRules(): BlacklistRules {
  return { devnode: [], wwid: [], property: [], protocol: [], device: [] };
}

/** The configuration without any file. */
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
