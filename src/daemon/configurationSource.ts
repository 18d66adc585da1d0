/** Where the configuration comes from: files, or memory. */
import type { Configuration } from '../config/configuration';
import type { LogLevel } from '../engine/protocol';
import type { Reading } from '../model/failure';

/** What the files say, and all that is to be told of them. */
export interface LoadedConfiguration {
  /** A failure: it cannot be used at all. */
  reading: Reading<Configuration>;
  notes: Array<{ level: LogLevel; message: string }>;
}

export interface ConfigurationSource {
  /** Reads and parses everything anew; `main`: this file in the place of multipath.conf. */
  load(main?: string): Promise<LoadedConfiguration>;
}

/** One that is there already. */
export function fixedConfiguration(configuration: Configuration): ConfigurationSource {
  return { load: () => Promise.resolve({ reading: { ok: true, value: configuration }, notes: [] }) };
}
