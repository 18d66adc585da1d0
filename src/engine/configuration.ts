/** The configuration in force, and what the engine works out of it once instead of at each step. */
import { configuredAliases } from '../config/aliases';
import type { Configuration } from '../config/configuration';
import { daemonSetting, mergeConfiguration } from '../config/effective';
import type { RuleBook } from '../config/rules';
import type { Context } from './context';

/** The blacklist, with the rules that are built in. */
export function rulesInForce({ nativeNvme, configuration }: Context): RuleBook {
  return nativeNvme ? configuration.rulesNativeNvme : configuration.rules;
}

/** From here on this is in force. What it changes about devices is up to the caller. */
export function useConfiguration(ctx: Context, source: Configuration): void {
  const configuration = mergeConfiguration(source);
  ctx.configuration = configuration;
  ctx.configuredAliases = configuredAliases(configuration);
  // The command line counts.
  const intervalMs = ctx.options.pollingMs ?? 1_000 * daemonSetting(configuration, 'polling_interval').value;
  const maxIntervalMs = ctx.options.maxPollingMs ?? 1_000 * daemonSetting(configuration, 'max_polling_interval').value;
  ctx.polling = { intervalMs, maxIntervalMs: Math.max(intervalMs, maxIntervalMs) };
}
