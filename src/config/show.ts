/** The configuration in the syntax of multipath.conf, as `multipathd show config` prints it. */
import type { DeviceIdentity } from './device';
import { DEFAULTS } from './defaults';
import type { EffectiveConfiguration } from './effective';
import { layerOf, layerOfBlock } from './layers';
import type { Layer } from './layers';
import type { DeviceRule, Rule, RuleBook, Rules } from './rules';
import { MARGINAL_PATH_KEYWORDS, type Keyword } from './settings';
import { quotedText, valueText } from './valueText';

/** multipathd's order of `defaults`. */
const DEFAULTS_ORDER: readonly Keyword[] = [
  'verbosity',
  'polling_interval',
  'max_polling_interval',
  'reassign_maps',
  'path_selector',
  'path_grouping_policy',
  'uid_attrs',
  'uid_attribute',
  'prio',
  'prio_args',
  'features',
  'path_checker',
  'alias_prefix',
  'failback',
  'rr_min_io',
  'rr_min_io_rq',
  'max_fds',
  'rr_weight',
  'no_path_retry',
  'queue_without_daemon',
  'checker_timeout',
  'allow_usb_devices',
  'flush_on_last_del',
  'user_friendly_names',
  'mode',
  'uid',
  'gid',
  'fast_io_fail_tmo',
  'dev_loss_tmo',
  'eh_deadline',
  'max_retries',
  'log_checker_err',
  'reservation_key',
  'all_tg_pt',
  'retain_attached_hw_handler',
  'detect_prio',
  'detect_checker',
  'detect_pgpolicy',
  'detect_pgpolicy_use_tpg',
  'force_sync',
  'strict_timing',
  'deferred_remove',
  'partition_delimiter',
  ...MARGINAL_PATH_KEYWORDS,
  'find_multipaths',
  'uxsock_timeout',
  'retrigger_tries',
  'retrigger_delay',
  'missing_uev_wait_timeout',
  'skip_kpartx',
  'purge_disconnected',
  'remove_retries',
  'max_sectors_kb',
  'ghost_delay',
  'auto_resize',
  'find_multipaths_timeout',
  'enable_foreign',
  'marginal_pathgroups',
  'recheck_wwid',
];

/** Of the other sections: what they are about first, then as multipathd prints device entries. */
const SECTION_ORDER: readonly Keyword[] = [
  'type',
  'wwid',
  'alias',
  'vendor',
  'product',
  'revision',
  'product_blacklist',
  'path_grouping_policy',
  'uid_attribute',
  'path_selector',
  'path_checker',
  'alias_prefix',
  'features',
  'hardware_handler',
  'prio',
  'prio_args',
  'failback',
  'rr_weight',
  'no_path_retry',
  'rr_min_io',
  'rr_min_io_rq',
  'flush_on_last_del',
  'fast_io_fail_tmo',
  'dev_loss_tmo',
  'eh_deadline',
  'mode',
  'uid',
  'gid',
  'reservation_key',
  'user_friendly_names',
  'retain_attached_hw_handler',
  'detect_prio',
  'detect_checker',
  'detect_pgpolicy',
  'detect_pgpolicy_use_tpg',
  'deferred_remove',
  ...MARGINAL_PATH_KEYWORDS,
  'skip_kpartx',
  'purge_disconnected',
  'max_sectors_kb',
  'ghost_delay',
  'all_tg_pt',
  'recheck_wwid',
  'vpd_vendor',
];

/** A map that is there, for the sections of those that have none. */
export interface PresentMap {
  wwid: string;
  alias: string;
}

/** What is there: only what concerns it is shown. */
export interface Present {
  devices: readonly DeviceIdentity[];
  maps: readonly PresentMap[];
}

function section(name: string, lines: readonly string[]): string[] {
  return [`${name} {`, ...lines.map((line) => `\t${line}`), '}'];
}

function settingLine(layer: Layer, keyword: Keyword): string[] {
  const setting = layer[keyword];
  if (setting === undefined) return [];
  const text = valueText(keyword, setting);
  return [text === null ? `# ${keyword} is set` : `${keyword} ${text}`];
}

function settingLines(layer: Layer, order: readonly Keyword[]): string[] {
  return order.flatMap((keyword) => settingLine(layer, keyword));
}

/** As they stand in the files, not as they are translated: what is printed says what is written. */
function defaultsAsStated(config: EffectiveConfiguration): Layer {
  const { polling_interval, max_polling_interval } = config.defaults;
  return {
    ...layerOf(DEFAULTS, { from: 'default' }),
    ...layerOfBlock('defaults', config.source.defaults),
    ...(polling_interval === undefined || max_polling_interval === undefined
      ? {}
      : { polling_interval, max_polling_interval }),
  };
}

function ruleLines(criterion: string, rules: readonly Rule[]): string[] {
  return rules.map(({ text }) => `${criterion} ${quotedText(text)}`);
}

function deviceRuleLines({ vendor, product }: DeviceRule): string[] {
  const part = (keyword: string, text: string | undefined): string[] =>
    text === undefined ? [] : [`${keyword} ${quotedText(text)}`];
  return section('device', [...part('vendor', vendor?.text), ...part('product', product?.text)]);
}

function rulesSection(name: string, rules: Rules): string[] {
  return section(name, [
    ...ruleLines('devnode', rules.devnode),
    ...ruleLines('wwid', rules.wwid),
    ...ruleLines('property', rules.property),
    ...ruleLines('protocol', rules.protocol),
    ...rules.device.flatMap(deviceRuleLines),
  ]);
}

function deviceSections(config: EffectiveConfiguration, present: Present | null): string[] {
  const shown = config.devices.filter(
    (entry) => present === null || present.devices.some((device) => entry.matches(device)),
  );
  return shown.flatMap(({ stated }) => section('device', settingLines(stated, SECTION_ORDER)));
}

function overridesSection(config: EffectiveConfiguration): string[] {
  const protocols = [...config.protocols.values()].flatMap((layer) =>
    section('protocol', settingLines(layer, SECTION_ORDER)),
  );
  return section('overrides', [
    ...settingLines(layerOfBlock('overrides', config.source.overrides), SECTION_ORDER),
    ...protocols,
  ]);
}

function bareMultipath({ wwid, alias }: PresentMap): string[] {
  return section('multipath', [
    `wwid ${quotedText(wwid)}`,
    ...(alias === wwid ? [] : [`# alias ${quotedText(alias)}`]),
  ]);
}

function multipathSections(config: EffectiveConfiguration, present: Present | null): string[] {
  const wwids = new Set(present?.maps.map(({ wwid }) => wwid));
  const configured = [...config.multipaths].filter(([wwid]) => present === null || wwids.has(wwid));
  return [
    ...configured.flatMap(([, { stated }]) => section('multipath', settingLines(stated, SECTION_ORDER))),
    ...(present?.maps ?? []).filter(({ wwid }) => !config.multipaths.has(wwid)).flatMap(bareMultipath),
  ];
}

/**
 * The whole configuration with what is built in, or only what concerns what is `present`. Read as a
 * configuration it gives the same again, but for a reservation key, of which only that it is set is shown.
 */
export function showConfiguration(
  config: EffectiveConfiguration,
  rules: RuleBook,
  present: Present | null = null,
): string {
  const multipaths = multipathSections(config, present);
  const lines = [
    ...section('defaults', settingLines(defaultsAsStated(config), DEFAULTS_ORDER)),
    ...rulesSection('blacklist', rules.blacklist),
    ...rulesSection('blacklist_exceptions', rules.exceptions),
    ...section('devices', deviceSections(config, present)),
    ...overridesSection(config),
    ...(multipaths.length === 0 ? [] : section('multipaths', multipaths)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
