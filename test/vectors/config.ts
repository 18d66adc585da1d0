import {
  daemonSetting,
  matchingEntries,
  mergeConfiguration,
  type EffectiveConfiguration,
} from '../../src/config/effective';
import { HARDWARE_TABLE } from '../../src/config/hardwareTable';
import type { Layer } from '../../src/config/layers';
import { OWN_CODES, type Finding, type SourceFile } from '../../src/config/parse/findings';
import { parseConfiguration } from '../../src/config/parse/parse';
import { showConfiguration } from '../../src/config/show';
import { valueText } from '../../src/config/valueText';
import {
  flag,
  list,
  number,
  optional,
  record,
  text,
  type Fields,
  type VectorCase,
  type VectorOutcome,
  type VectorRunner,
} from './runner';

/** The files of a case, with the names that its messages use. */
export function filesOfCase(c: VectorCase): SourceFile[] {
  const drops = Object.entries(record(c['confd'])).map(([name, content]) => ({
    file: `/etc/conf.d/${name}`,
    text: text(content),
    main: false,
  }));
  return [{ file: '/etc/multipath.conf', text: text(c['main_conf']), main: true }, ...drops];
}

/** True for a finding that multipathd reports, too, when it reads the files. */
function isTheirs({ code }: Finding): boolean {
  const ours: readonly string[] = OWN_CODES;
  return !ours.includes(code) && code !== 'alias-twice';
}

type Printed = Record<string, string>;

/** A block of `show config`, with its own keywords and its subsections. */
interface PrintedBlock {
  values: Printed;
  rules: Array<[string, string]>;
  sections: Array<[string, PrintedBlock]>;
}

/** The output of `show config` by lines. It contains only keywords, values and braces on lines of their own. */
function blocksOf(lines: string[]): PrintedBlock {
  const block: PrintedBlock = { values: {}, rules: [], sections: [] };
  for (let line = lines.shift(); line !== undefined && line.trim() !== '}'; line = lines.shift()) {
    const [, keyword = '', rest = ''] = /^\t*(\S+) (.*)$/.exec(line) ?? [];
    if (rest === '{') block.sections.push([keyword, blocksOf(lines)]);
    else {
      block.values[keyword] = rest;
      block.rules.push([keyword, rest.replaceAll(/^"|"$/g, '')]);
    }
  }
  return block;
}

const EMPTY: PrintedBlock = { values: {}, rules: [], sections: [] };

function sectionOf(block: PrintedBlock, name: string): PrintedBlock {
  return block.sections.find(([other]) => other === name)?.[1] ?? EMPTY;
}

/** multipathd prints the list of uid_attrs without the quotes that are needed to read it again. */
function wanted(values: unknown): Printed {
  const printed = Object.entries(record(values)).map(([keyword, value]) => [keyword, text(value)] as const);
  return Object.fromEntries(
    printed.map(([keyword, value]) => [keyword, keyword === 'uid_attrs' ? `"${value}"` : value]),
  );
}

function checkPrinted(c: VectorCase, merged: EffectiveConfiguration): void {
  const printed = blocksOf(showConfiguration(merged, merged.rules).split('\n'));
  const valuesIn = (name: string): Printed[] => sectionOf(printed, name).sections.map(([, { values }]) => values);
  expect(sectionOf(printed, 'defaults').values).toEqual(wanted(c['defaults']));
  expect(Object.keys(sectionOf(printed, 'defaults').values)).toEqual(Object.keys(record(c['defaults'])));
  expect(sectionOf(printed, 'overrides').values).toEqual(optional(c['overrides'], wanted) ?? {});
  expect(valuesIn('overrides')).toEqual(optional(c['overrides_protocols'], list)?.map(wanted) ?? []);
  expect(valuesIn('multipaths')).toEqual(list(c['multipaths']).map(wanted));
  const devices = valuesIn('devices');
  expect(devices).toHaveLength(number(c['hwtable_size']));
  expect(devices.slice(HARDWARE_TABLE.length)).toEqual(list(c['extra_device_sections']).map(wanted));
  for (const criterion of ['devnode', 'wwid']) {
    const rules = sectionOf(printed, 'blacklist').rules.filter(([keyword]) => keyword === criterion);
    expect(rules.map(([, rule]) => rule)).toEqual(list(c[`blacklist_${criterion}`]));
  }
}

/** Of all entries that match, the last one that sets a keyword counts. */
function checkDevice(merged: EffectiveConfiguration, device: Fields): void {
  const identity = {
    vendor: text(device['vendor']),
    product: text(device['product']),
    revision: text(device['revision']),
    protocol: 'scsi:fcp',
    bus: 'scsi' as const,
  };
  const entries = matchingEntries(merged, identity);
  expect(entries).toHaveLength(number(device['matches']));
  const {
    vendor: _vendor,
    product: _product,
    revision: _revision,
    product_blacklist: _blacklist,
    ...settings
  } = entries.reduce<Layer>((all, { stated }) => ({ ...all, ...stated }), {});
  const printed = Object.entries(settings).map(([keyword, setting]) => [
    keyword,
    valueText(keyword as keyof typeof settings, setting),
  ]);
  expect(Object.fromEntries(printed)).toEqual(wanted(device['settings']));
}

/** mpathd quotes no value of `reservation_key`, not even a wrong one. */
const masked = (message: unknown): string =>
  text(message).replace(/(?<=reservation_key )\S+/, (value) => '*'.repeat(value.length));

export const config: VectorRunner = {
  file: 'config',
  run(c): VectorOutcome {
    const { configuration, findings, usable } = parseConfiguration(filesOfCase(c));
    expect(usable).toBe(flag(c['load_ok']));
    expect(findings.filter(isTheirs).map(({ message }) => message)).toEqual(list(c['messages']).map(masked));
    if (!usable) return 'passed';
    const { interval, max } = record(c['polling']);
    const merged = mergeConfiguration(configuration);
    expect(daemonSetting(merged, 'polling_interval').value).toBe(number(interval));
    expect(daemonSetting(merged, 'max_polling_interval').value).toBe(number(max));
    checkPrinted(c, merged);
    for (const device of optional(c['devices_effective'], list) ?? []) checkDevice(merged, record(device));
    return 'passed';
  },
};
