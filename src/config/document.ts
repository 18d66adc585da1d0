/** The configuration in force as one JSON document, and its differences from the built-in configuration. */
import { DEFAULTS, MAP_KEYWORDS, PATH_KEYWORDS } from './defaults';
import type { MapKeyword, PathKeyword } from './defaults';
import type { DeviceIdentity } from './device';
import { mapSetting, pathSetting } from './effective';
import type { EffectiveConfiguration } from './effective';
import type { MergeFinding } from './finding';
import { keywordsOf, layerOfBlock } from './layers';
import type { Layer } from './layers';
import type { DeviceEntry } from './merge';
import { CRITERIA, deviceRuleText } from './rules';
import type { Criterion, RuleBook, RuleOrigin, Rules } from './rules';
import type { Keyword, Section, Setting, SettingValues } from './settings';

type Value = SettingValues[Keyword];

/** A rule of the blacklist or of its exceptions. The pattern for a device is `vendor:product`. */
export interface RuleDocument {
  criterion: Criterion;
  pattern: string;
  origin: RuleOrigin;
}

/** A value that a line of a file sets. A value in `defaults` that equals the built-in default is no change. */
export interface Change {
  section: Section | 'blacklist' | 'blacklist_exceptions';
  /** The device, protocol or WWID that the section concerns; null: all. */
  about: string | null;
  /** A keyword, or the criterion of a rule. */
  keyword: Keyword | Criterion;
  value: Value;
  file: string;
  line: number;
  /** The value without any configuration; null: the keyword would be unset, or its value depends on the device. */
  builtIn: Value | null;
}

/** The output of `mpathd config json`. Of a reservation key it says only that a key is set. */
export interface ConfigurationDocument {
  files: string[];
  defaults: Layer;
  blacklist: RuleDocument[];
  exceptions: RuleDocument[];
  /** `source`: the source of the facts in the hardware table; null: the entry is only in files. */
  devices: Array<{ vendor: string; product: string; revision: string | null; source: string | null; settings: Layer }>;
  overrides: Layer;
  protocols: Array<{ type: string; settings: Layer }>;
  multipaths: Array<{ wwid: string; settings: Layer }>;
  changed: Change[];
  findings: readonly MergeFinding[];
}

/** One setting of a device or map. */
export interface SettingDocument extends Setting<Value | null> {
  keyword: Keyword;
}

function ruleDocuments(rules: Rules): RuleDocument[] {
  return CRITERIA.flatMap((criterion): RuleDocument[] => {
    if (criterion === 'device')
      return rules.device.map((rule) => ({ criterion, pattern: deviceRuleText(rule), origin: rule.origin }));
    return rules[criterion].map(({ text, origin }) => ({ criterion, pattern: text, origin }));
  });
}

/** Keywords that say what a section concerns. */
const NAMES: ReadonlySet<Keyword> = new Set<Keyword>(['vendor', 'product', 'revision', 'wwid', 'type']);

const DEFAULT_VALUES: Partial<SettingValues> = DEFAULTS;

function changesOf(layer: Layer, about: string | null): Change[] {
  return keywordsOf(layer).flatMap((keyword): Change[] => {
    const setting = layer[keyword];
    if (setting === undefined || setting.origin.from !== 'file' || NAMES.has(keyword)) return [];
    const { section, file, line } = setting.origin;
    const standard = section === 'defaults' || section === 'overrides' ? DEFAULT_VALUES[keyword] : undefined;
    if (section === 'defaults' && standard === setting.value) return [];
    return [{ section, about, keyword, value: setting.value, file, line, builtIn: standard ?? null }];
  });
}

function rulesChanged(section: 'blacklist' | 'blacklist_exceptions', rules: Rules): Change[] {
  return ruleDocuments(rules).flatMap(({ criterion, pattern, origin }): Change[] => {
    if (origin.from !== 'file') return [];
    return [
      { section, about: null, keyword: criterion, value: pattern, file: origin.file, line: origin.line, builtIn: null },
    ];
  });
}

function deviceName({ vendor, product, revision }: DeviceEntry): string {
  return [vendor, product, ...(revision === null ? [] : [revision])].join(':');
}

function deviceDocument({
  vendor,
  product,
  revision,
  source,
  layer,
}: DeviceEntry): ConfigurationDocument['devices'][number] {
  return { vendor, product, revision, source, settings: layer };
}

/** All values in files that differ from the defaults, section by section. */
function changes(config: EffectiveConfiguration, rules: RuleBook): Change[] {
  return [
    ...changesOf(layerOfBlock('defaults', config.source.defaults), null),
    ...rulesChanged('blacklist', rules.blacklist),
    ...rulesChanged('blacklist_exceptions', rules.exceptions),
    ...config.devices.flatMap((entry) => changesOf(entry.stated, deviceName(entry))),
    ...changesOf(layerOfBlock('overrides', config.source.overrides), null),
    ...[...config.protocols].flatMap(([type, layer]) => changesOf(layer, type)),
    ...[...config.multipaths].flatMap(([wwid, { stated }]) => changesOf(stated, wwid)),
  ];
}

/** The whole configuration, each value with its origin. */
export function configurationDocument(config: EffectiveConfiguration, rules: RuleBook): ConfigurationDocument {
  return {
    files: config.source.files,
    defaults: config.defaults,
    blacklist: ruleDocuments(rules.blacklist),
    exceptions: ruleDocuments(rules.exceptions),
    devices: config.devices.map(deviceDocument),
    overrides: config.overrides,
    protocols: [...config.protocols].map(([type, settings]) => ({ type, settings })),
    multipaths: [...config.multipaths].map(([wwid, { layer }]) => ({ wwid, settings: layer })),
    changed: changes(config, rules),
    findings: config.findings,
  };
}

/** All settings of a path as they are configured, without what detection chooses. */
export function configuredOfPath(
  config: EffectiveConfiguration,
  device: DeviceIdentity,
  wwid: string | null,
): SettingDocument[] {
  return PATH_KEYWORDS.map((keyword: PathKeyword) => ({ keyword, ...pathSetting(config, device, keyword, wwid) }));
}

/** All settings of a map as they are configured. `device`: as in {@link mapSetting}. */
export function configuredOfMap(
  config: EffectiveConfiguration,
  device: DeviceIdentity | null,
  wwid: string,
): SettingDocument[] {
  return MAP_KEYWORDS.map((keyword: MapKeyword) => ({ keyword, ...mapSetting(config, device, wwid, keyword) }));
}
