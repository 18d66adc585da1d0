/** Reads all files of a configuration together, and logs their faults. */
import { configuredAliases } from '../config/aliases';
import type { Binding } from '../config/bindings';
import type { Configuration } from '../config/configuration';
import { mergeConfiguration, type EffectiveConfiguration } from '../config/effective';
import { uidAttributesOf } from '../config/uidAttributes';
import type { LogLevel } from '../engine/protocol';
import type { KernelPorts } from '../kernel/ports';
import type { Reading } from '../model/failure';
import type { Wwid } from '../model/identity';
import type { BindingsStore } from './bindingsStore';
import type { ConfigurationSource } from './configurationSource';
import type { WwidsStore } from './wwidsStore';

/** The sources of the files. */
export interface FileSources {
  bindings: BindingsStore;
  configuration: ConfigurationSource;
  wwids: WwidsStore;
  log(level: LogLevel, message: string, device: string | null): void;
}

export interface ReadFiles {
  configuration: Reading<Configuration>;
  bindings: Reading<Binding[]>;
  wwids: Reading<Wwid[]>;
}

/**
 * The new configuration may come into force or not. `main` takes the place of multipath.conf. From now on the kernel's
 * readings have the udev properties of the new configuration and of `running`: the new configuration needs them in the
 * first reading that it judges, and `running` is in force until then.
 */
export async function readFiles(
  sources: FileSources,
  kernel: Pick<KernelPorts, 'useProperties'>,
  running: EffectiveConfiguration,
  main?: string,
): Promise<ReadFiles> {
  const { reading, notes } = await sources.configuration.load(main);
  for (const { level, message } of notes) sources.log(level, message, null);
  const effective = reading.ok ? mergeConfiguration(reading.value) : running;
  kernel.useProperties(new Set([...uidAttributesOf(running), ...uidAttributesOf(effective)]));
  return {
    configuration: reading,
    bindings: await readBindings(sources, configuredAliases(effective)),
    wwids: await sources.wwids.read(),
  };
}

async function readBindings(sources: FileSources, configured: readonly Binding[]): Promise<Reading<Binding[]>> {
  const reading = await sources.bindings.read(configured);
  if (!reading.ok) return reading;
  tellOfBindings(sources, reading.value.notes);
  return { ok: true, value: reading.value.bindings };
}

/** Logs the faults of the bindings file. */
export function tellOfBindings({ log }: Pick<FileSources, 'log'>, notes: readonly string[]): void {
  for (const note of notes) log('warning', `bindings file: ${note}`, null);
}
