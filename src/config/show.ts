/** The configuration in the syntax of multipath.conf, as `multipathd show config` prints it. */
import { printable } from '../model/printable';
import type { DeviceIdentity } from './device';
import { DEFAULTS } from './defaults';
import type { EffectiveConfiguration } from './effective';
import { layerOf, layerOfBlock } from './layers';
import type { Layer } from './layers';
import { DEFAULTS_ORDER, SECTION_ORDER } from './printOrder';
import { ROOT_ONLY, type Viewer } from './secrets';
import type { DeviceRule, Rule, RuleBook, Rules } from './rules';
import type { Keyword } from './settings';
import { quotedText, valueText } from './valueText';

/** A present map. It is shown even if it has no section. */
export interface PresentMap {
  wwid: string;
  alias: string;
}

/** The present devices and maps. Only what concerns them is shown. */
export interface Present {
  devices: readonly DeviceIdentity[];
  maps: readonly PresentMap[];
}

function section(name: string, lines: readonly string[]): string[] {
  return [`${name} {`, ...lines.map((line) => `\t${line}`), '}'];
}

function settingLine(layer: Layer, keyword: Keyword, viewer: Viewer): string[] {
  const setting = layer[keyword];
  if (setting === undefined) return [];
  if (viewer === 'all' && ROOT_ONLY.includes(keyword) && setting.origin.from === 'file') return [`# ${keyword} is set`];
  const text = valueText(keyword, setting);
  return [text === null ? `# ${keyword} is set` : `${keyword} ${text}`];
}

/** The lines of one layer, with its keywords in this order. */
type LinesOf = (layer: Layer, order: readonly Keyword[]) => string[];

const linesFor =
  (viewer: Viewer): LinesOf =>
  (layer, order) =>
    order.flatMap((keyword) => settingLine(layer, keyword, viewer));

/** The values as they stand in the files, without their translation: the output says what is written. */
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

function deviceSections(config: EffectiveConfiguration, present: Present | null, linesOf: LinesOf): string[] {
  const shown = config.devices.filter(
    (entry) => present === null || present.devices.some((device) => entry.matches(device)),
  );
  return shown.flatMap(({ stated }) => section('device', linesOf(stated, SECTION_ORDER)));
}

function overridesSection(config: EffectiveConfiguration, linesOf: LinesOf): string[] {
  const protocols = [...config.protocols.values()].flatMap((layer) =>
    section('protocol', linesOf(layer, SECTION_ORDER)),
  );
  return section('overrides', [
    ...linesOf(layerOfBlock('overrides', config.source.overrides), SECTION_ORDER),
    ...protocols,
  ]);
}

function bareMultipath({ wwid, alias }: PresentMap): string[] {
  return section('multipath', [
    `wwid ${quotedText(printable(wwid))}`,
    ...(alias === wwid ? [] : [`# alias ${quotedText(printable(alias))}`]),
  ]);
}

function multipathSections(config: EffectiveConfiguration, present: Present | null, linesOf: LinesOf): string[] {
  const wwids = new Set(present?.maps.map(({ wwid }) => wwid));
  const configured = [...config.multipaths].filter(([wwid]) => present === null || wwids.has(wwid));
  return [
    ...configured.flatMap(([, { stated }]) => section('multipath', linesOf(stated, SECTION_ORDER))),
    ...(present?.maps ?? []).filter(({ wwid }) => !config.multipaths.has(wwid)).flatMap(bareMultipath),
  ];
}

/**
 * The whole configuration with its built-in parts, or only what concerns `present`. If it is read as a configuration,
 * it gives the same configuration again, except for reservation keys: of a key only its presence is shown. If it is for
 * all users, this holds for all {@link ROOT_ONLY} that files set.
 */
export function showConfiguration(
  config: EffectiveConfiguration,
  rules: RuleBook,
  present: Present | null = null,
  viewer: Viewer = 'root',
): string {
  const linesOf = linesFor(viewer);
  const multipaths = multipathSections(config, present, linesOf);
  const lines = [
    ...section('defaults', linesOf(defaultsAsStated(config), DEFAULTS_ORDER)),
    ...rulesSection('blacklist', rules.blacklist),
    ...rulesSection('blacklist_exceptions', rules.exceptions),
    ...section('devices', deviceSections(config, present, linesOf)),
    ...overridesSection(config, linesOf),
    ...(multipaths.length === 0 ? [] : section('multipaths', multipaths)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
