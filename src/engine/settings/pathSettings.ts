/** The settings of a path in force, with detection. They are derived once for each set of facts. */
import { deviceIdentityOf } from '../../config/device';
import { allPathSettings, daemonSetting } from '../../config/effective';
import { compileEre, type Ere } from '../../config/ere';
import type { Origin, Setting } from '../../config/settings';
import type { BlockFacts } from '../../model/facts';
import type { Wwid } from '../../model/identity';
import type { Path } from '../../model/path';
import { chooseChecker, choosePrioritizer, type Detected } from '../../policy/detect';
import { priorityOf } from '../../policy/prioritizers/prioritizers';
import { log } from '../core/core';
import type { PathSettings, SettingsContext } from './state';

/** The timeout if sysfs has none for the device (Linux's default for disks). */
const DEFAULT_TIMEOUT_S = 30;

/** The choice of the detection, or else the configured value. */
export function settingOf<T>({ value, why }: Detected<T>, configured: Origin): Setting<T> {
  return { value, origin: why === null ? configured : { from: 'detection', why } };
}

function checkTimeout(ctx: SettingsContext, facts: BlockFacts): Setting<number> {
  const { value, origin } = daemonSetting(ctx.configuration, 'checker_timeout');
  if (value !== null && value > 0) return { value: value * 1_000, origin };
  if (facts.timeoutSeconds === null) return { value: DEFAULT_TIMEOUT_S * 1_000, origin: { from: 'default' } };
  return {
    value: facts.timeoutSeconds * 1_000,
    origin: { from: 'detection', why: 'the timeout of the SCSI device in sysfs' },
  };
}

function work(ctx: SettingsContext, facts: BlockFacts, wwid: Wwid | null): PathSettings {
  const device = deviceIdentityOf(facts);
  const configured = allPathSettings(ctx.configuration, device, wwid);
  const name = configured.prio;
  const checker = configured.path_checker;
  const prioritizer = choosePrioritizer(
    facts,
    { name: name.value, args: configured.prio_args.value },
    configured.detect_prio.value,
  );
  const chosen = chooseChecker(facts, checker.value, configured.detect_checker.value);
  for (const { why } of [prioritizer, chosen]) {
    if (why?.endsWith('not there yet') === true) warnOnce(ctx, `${device.vendor},${device.product}: ${why}`);
  }
  return {
    prioritizer: settingOf(prioritizer, name.origin),
    checker: settingOf(chosen, checker.origin),
    checkTimeoutMs: checkTimeout(ctx, facts),
    configured,
  };
}

/** Logs a line once until the next reconfigure, for any number of devices. */
export function warnOnce(ctx: SettingsContext, message: string): void {
  if (ctx.warned.has(message)) return;
  ctx.warned.add(message);
  log(ctx, 'warning', message);
}

/** null: the facts of the disk are not known yet. */
export function pathSettings(ctx: SettingsContext, path: Path): PathSettings | null {
  const { facts, wwid } = path;
  if (facts === null) return null;
  const known = ctx.settingsCache.paths.get(facts);
  if (known?.wwid === wwid) return known.settings;
  const settings = work(ctx, facts, wwid);
  ctx.settingsCache.paths.set(facts, { wwid, settings });
  return settings;
}

/** Matches patterns of prio_args, each compiled once; null in the cache: the text is no regular expression. */
function matcherOf(ctx: SettingsContext): (pattern: string, text: string) => boolean {
  const { patterns } = ctx.settingsCache;
  return (pattern, text) => {
    let ere: Ere | null | undefined = patterns.get(pattern);
    if (ere === undefined) {
      const compiled = compileEre(pattern);
      ere = compiled.ok ? compiled.ere : null;
      if (!compiled.ok)
        // Its text may be a secret.
        warnOnce(
          ctx,
          `a pattern in prio_args is no regular expression (${compiled.reason}), so that it matches nothing`,
        );
      patterns.set(pattern, ere);
    }
    return ere?.matches(text) ?? false;
  };
}

/** The priority by the path's prioritizer. `answer`: the disk's answer to the question of this prioritizer. */
export function currentPriority(
  ctx: SettingsContext,
  facts: BlockFacts,
  { prioritizer }: PathSettings,
  answer: string | null,
): number {
  return priorityOf(prioritizer.value, { facts, answer, matches: matcherOf(ctx) });
}
