/** The configuration in force, and what the engine derives from it once instead of at each step. */
import { configuredAliases } from '../../config/aliases';
import type { Configuration } from '../../config/configuration';
import { daemonSetting, mergeConfiguration } from '../../config/effective';
import type { RuleBook } from '../../config/rules';
import { emptySettingsCache, type SettingsContext } from './state';

/** The blacklist in force, with the built-in rules. */
export function rulesInForce({ nativeNvme, configuration }: SettingsContext): RuleBook {
  return nativeNvme ? configuration.rulesNativeNvme : configuration.rules;
}

/** Puts a configuration in force. The caller applies its consequences for devices. */
export function useConfiguration(ctx: SettingsContext, source: Configuration): void {
  const configuration = mergeConfiguration(source);
  ctx.configuration = configuration;
  ctx.settingsCache = emptySettingsCache();
  ctx.warned.clear();
  ctx.configuredAliases = configuredAliases(configuration);
  // The command line goes before the configuration.
  const intervalMs = ctx.options.pollingMs ?? pause(daemonSetting(configuration, 'polling_interval').value);
  const maxIntervalMs = ctx.options.maxPollingMs ?? pause(daemonSetting(configuration, 'max_polling_interval').value);
  ctx.polling = { intervalMs, maxIntervalMs: Math.max(intervalMs, maxIntervalMs) };
}

/**
 * Bounds, s. No parser gives values outside of them, but a journal may have such a value, and then timers would fire
 * without end.
 */
const LEAST = 1;
const MOST = 86_400;

function pause(seconds: number): number {
  return seconds >= LEAST ? 1_000 * Math.min(seconds, MOST) : 1_000 * LEAST;
}
