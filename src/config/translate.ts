/** Settings in an older form, and settings that follow from one another. */
import { DEFAULTS } from './defaults';
import { warningAt } from './finding';
import type { MergeFinding } from './finding';
import { layerOf } from './layers';
import type { Layer } from './layers';
import type { Setting } from './settings';

/** Words of `features` that have keywords of their own. */
const QUEUE = 'queue_if_no_path';
const RETAIN = 'retain_attached_hw_handler';

/**
 * `queue_if_no_path` and `retain_attached_hw_handler` among the features of a section stand for `no_path_retry queue`
 * and `retain_attached_hw_handler yes`, unless the section itself sets these keywords.
 */
export function translateFeatures(layer: Layer, findings: MergeFinding[]): Layer {
  const { features } = layer;
  if (features === undefined) return layer;
  const words = features.value
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(1);
  const kept = words.filter((word) => word !== QUEUE && word !== RETAIN);
  if (kept.length === words.length) return layer;
  const { origin } = features;
  let translated: Layer = { ...layer, features: { value: [kept.length, ...kept].join(' '), origin } };
  if (words.includes(QUEUE)) {
    findings.push(warningAt(origin, replacement(QUEUE, 'no_path_retry queue', layer.no_path_retry !== undefined)));
    translated = { no_path_retry: { value: 'queue', origin }, ...translated };
  }
  if (words.includes(RETAIN)) {
    findings.push(warningAt(origin, replacement(RETAIN, `${RETAIN} yes`, layer[RETAIN] !== undefined)));
    translated = { retain_attached_hw_handler: { value: true, origin }, ...translated };
  }
  return translated;
}

function replacement(word: string, better: string, isSet: boolean): string {
  const [keyword = ''] = better.split(' ');
  return isSet
    ? `"${word}" among the features is ignored: ${keyword} is set`
    : `"${word}" among the features is out of use: taken for "${better}"`;
}

function positive(setting: Setting<number> | undefined): Setting<number> | undefined {
  return setting !== undefined && setting.value > 0 ? setting : undefined;
}

/** If only one interval is set, the longest is 4 times the shortest. */
const INTERVALS = 4;

const { polling_interval, max_polling_interval } = DEFAULTS;
const STANDARD_INTERVALS = { polling_interval, max_polling_interval };

/** `polling_interval` and `max_polling_interval` (s), derived from what `defaults` sets of them. */
export function pollingIntervals(defaults: Layer): Layer {
  const shortest = positive(defaults.polling_interval);
  const longest = positive(defaults.max_polling_interval);
  if (longest === undefined) {
    if (shortest === undefined) return layerOf(STANDARD_INTERVALS, { from: 'default' });
    return { polling_interval: shortest, max_polling_interval: { ...shortest, value: shortest.value * INTERVALS } };
  }
  const quarter = { ...longest, value: Math.max(1, Math.floor(longest.value / INTERVALS)) };
  const wanted = shortest ?? quarter;
  return { polling_interval: wanted.value > longest.value ? longest : wanted, max_polling_interval: longest };
}

/** `delay_watch_checks` and `delay_wait_checks` are translated to `san_path_err_*`, unless one of these is set. */
export function translateDelays(map: Layer, maxPollingInterval: Setting<number> | undefined): Layer {
  const { delay_watch_checks: watch, delay_wait_checks: wait } = map;
  const set = [map.san_path_err_threshold, map.san_path_err_forget_rate, map.san_path_err_recovery_time];
  if (set.some((setting) => setting !== undefined && setting.value !== 'off')) return map;
  if (watch === undefined || wait === undefined || maxPollingInterval === undefined) return map;
  if (watch.value === 'off' && wait.value === 'off') return map;
  const origin = watch.value === 'off' ? wait.origin : watch.origin;
  return {
    ...map,
    san_path_err_threshold: { value: 1, origin },
    san_path_err_forget_rate: watch,
    san_path_err_recovery_time: {
      value: wait.value === 'off' ? 'off' : wait.value * maxPollingInterval.value,
      origin: wait.origin,
    },
  };
}

/** A shorter sample (s) tells nothing. multipath-tools uses this length in its place, too. */
const SHORTEST_SAMPLE = 120;

/** Makes a sample long enough. If the `marginal_path` method is on, it switches the `san_path_err_*` method off. */
export function translateMarginal(map: Layer): Layer {
  const { marginal_path_err_sample_time: sample } = map;
  if (sample === undefined || sample.value === 'off') return map;
  const settled = {
    ...map,
    marginal_path_err_sample_time: { ...sample, value: Math.max(sample.value, SHORTEST_SAMPLE) },
  };
  const others = [
    map.marginal_path_err_rate_threshold,
    map.marginal_path_err_recheck_gap_time,
    map.marginal_path_double_failed_time,
  ];
  if (others.some((setting) => setting === undefined || setting.value === 'off')) return settled;
  const off = { value: 'off', origin: sample.origin } as const;
  return { ...settled, san_path_err_threshold: off, san_path_err_forget_rate: off, san_path_err_recovery_time: off };
}
