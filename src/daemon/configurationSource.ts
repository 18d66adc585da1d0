/** The source of the configuration: files, or memory. */
import type { Configuration } from '../config/configuration';
import type { LogLevel } from '../engine/protocol';
import type { Reading } from '../model/failure';

/** The configuration of the files, and notes about them for the log. */
export interface LoadedConfiguration {
  /** A failure if the configuration cannot be used. */
  reading: Reading<Configuration>;
  notes: Array<{ level: LogLevel; message: string }>;
}

export interface ConfigurationSource {
  /** Reads and parses all files anew; `main`: a file that takes the place of multipath.conf. */
  load(main?: string): Promise<LoadedConfiguration>;
}

/** A source that always gives this configuration. */
export function fixedConfiguration(configuration: Configuration): ConfigurationSource {
  return { load: () => Promise.resolve({ reading: { ok: true, value: configuration }, notes: [] }) };
}
