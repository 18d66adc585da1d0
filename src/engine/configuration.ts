/** The configuration in force, and what the engine works out of it once instead of at each step. */
import type { Configuration } from '../config/configuration';
import type { Context } from './context';

/** From here on this is in force. What it changes about devices is up to the caller. */
export function useConfiguration(ctx: Context, configuration: Configuration): void {
  ctx.source = configuration;
}
