/** Configurations for tests, without files. */
import {
  emptyConfiguration,
  type BlacklistRule,
  type BlacklistRules,
  type Block,
  type Configuration,
} from '../src/config/configuration';
import type { Keyword, SettingValues } from '../src/config/settings';
import { fixedConfiguration, type ConfigurationSource } from '../src/daemon/configurationSource';
import { memoryWwids, type WwidsStore } from '../src/daemon/wwidsStore';
import type { Binding } from '../src/config/bindings';
import type { InputBody } from '../src/engine/protocol';
import type { Failure, Reading } from '../src/model/failure';

const FILE = '/etc/multipath.conf';

/** A section as if it were read from a file, with one keyword on each line. */
export function blockOf(values: Partial<SettingValues>, line = 1): Block {
  const stated = Object.entries(values).map(
    ([keyword, value], at) => [keyword, { value, file: FILE, line: line + at }] as const,
  );
  return Object.fromEntries(stated) as { [K in Keyword]?: never };
}

/** A configuration by which two paths make a map, and maps have friendly names. `defaults` has additional values. */
export function configurationOf(
  defaults: Partial<SettingValues> = {},
  more: Partial<Configuration> = {},
): Configuration {
  const usual: Partial<SettingValues> = { find_multipaths: 'on', user_friendly_names: true };
  return { ...emptyConfiguration(), files: [FILE], defaults: blockOf({ ...usual, ...defaults }), ...more };
}

/** The configuration and the wwids file for a runtime. */
export function filesOf(configuration = configurationOf()): { configuration: ConfigurationSource; wwids: WwidsStore } {
  return { configuration: fixedConfiguration(configuration), wwids: memoryWwids() };
}

/** The first input for an engine that a test feeds itself. */
export function startInput(bindings: Binding[] = [], udevPresent = true, configuration = configurationOf()): InputBody {
  return {
    type: 'start',
    configuration,
    bindings: { ok: true, value: bindings },
    wwids: { ok: true, value: [] },
    udevPresent,
    nativeNvme: false,
  };
}

/** Files that a test changes while the daemon runs. */
export interface ChangingFiles {
  source: ConfigurationSource;
  wwids: WwidsStore;
  /** The configuration for the next reading; a failure: the files cannot be used. */
  set(next: Configuration | Failure): void;
}

export function changingFiles(first = configurationOf()): ChangingFiles {
  let now: Configuration | Failure = first;
  return {
    source: {
      load: () => {
        const reading: Reading<Configuration> = 'files' in now ? { ok: true, value: now } : { ok: false, failure: now };
        return Promise.resolve({ reading, notes: [] });
      },
    },
    wwids: memoryWwids(),
    set: (next) => {
      now = next;
    },
  };
}

/** A rule as if it stood in line `line` of the main file. */
export function ruleOf(pattern: string, line: number): BlacklistRule {
  return { pattern, inverted: false, file: FILE, line };
}

/** A blacklist with these rules. */
export function blacklistOf(rules: Partial<BlacklistRules>): BlacklistRules {
  return { ...emptyConfiguration().blacklist, ...rules };
}
