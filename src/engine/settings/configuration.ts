/** The configuration in force, and what the engine works out of it once instead of at each step. */
import { configuredAliases } from '../../config/aliases';
import type { Configuration } from '../../config/configuration';
import { daemonSetting, mergeConfiguration } from '../../config/effective';
import type { RuleBook } from '../../config/rules';
import { emptySettingsCache, type SettingsContext } from './state';

/** The blacklist, with the rules that are built in. */
export function rulesInForce({ nativeNvme, configuration }: SettingsContext): RuleBook {
  return nativeNvme ? configuration.rulesNativeNvme : configuration.rules;
}

/** From here on this is in force. What it changes about devices is up to the caller. */
export function useConfiguration(ctx: SettingsContext, source: Configuration): void {
  const configuration = mergeConfiguration(source);
  ctx.configuration = configuration;
  ctx.settingsCache = emptySettingsCache();
  ctx.warned.clear();
  ctx.configuredAliases = configuredAliases(configuration);
  // The command line counts.
  const intervalMs = ctx.options.pollingMs ?? pause(daemonSetting(configuration, 'polling_interval').value);
  const maxIntervalMs = ctx.options.maxPollingMs ?? pause(daemonSetting(configuration, 'max_polling_interval').value);
  ctx.polling = { intervalMs, maxIntervalMs: Math.max(intervalMs, maxIntervalMs) };
}

/** s: what a journal may have in it, but no parser gives, would have timers never end. */
const LEAST = 1;
const MOST = 86_400;

function pause(seconds: number): number {
  return seconds >= LEAST ? 1_000 * Math.min(seconds, MOST) : 1_000 * LEAST;
}
