/** The text of `mpathctl config show`: settings and their sources. */
import type { Change, SettingDocument } from '../../config/document';
import type { DeviceIdentity } from '../../config/device';
import { describeOrigin } from '../../config/origin';
import { valueText } from '../../config/valueText';
import type { MapSettingsReport, PathSettingsReport, SettingsReport } from '../../engine/views/settingsReport';
import { columns, counted, type Style } from '../style';
import { printable } from '../../model/printable';

/** The criteria of a blacklist are no keywords, and their patterns are shown as they are. */
function changedValue({ section, keyword, value }: Change): string {
  if (section === 'blacklist' || section === 'blacklist_exceptions' || !isKeyword(keyword)) return String(value);
  return shown({ keyword, value });
}

function isKeyword(keyword: Change['keyword']): keyword is SettingDocument['keyword'] {
  return keyword !== 'devnode' && keyword !== 'property' && keyword !== 'protocol' && keyword !== 'device';
}

function shown({ keyword, value }: Pick<SettingDocument, 'keyword' | 'value'>): string {
  if (value === null) return '-';
  return valueText(keyword, { value }) ?? 'set (not shown)';
}

/** `--changed`: a line for each setting that a file makes. */
export function changedText(changed: readonly Change[], style: Style): string {
  if (changed.length === 0) return 'Nothing: all settings have their defaults.\n';
  const heading = ['SECTION', 'OF', 'KEYWORD', 'VALUE', 'DEFAULT', 'WHERE'].map(style.bold);
  const rows = changed.map((change) => [
    change.section,
    change.about ?? '-',
    change.keyword,
    changedValue(change),
    change.builtIn === null ? '-' : changedValue({ ...change, value: change.builtIn }),
    `${change.file}:${change.line}`,
  ]);
  return columns([heading, ...rows.map((row) => row.map(printable))]);
}

function settingRow({ keyword, value, origin }: SettingDocument, style: Style): string[] {
  const source = printable(describeOrigin(origin));
  return [keyword, printable(shown({ keyword, value })), origin.from === 'default' ? source : style.bold(source)];
}

function deviceText(device: DeviceIdentity | null): string {
  if (device === null) return 'nothing is known of the device yet';
  return printable(
    [device.vendor, device.product, device.revision, device.protocol].filter((part) => part !== null).join(', '),
  );
}

function settingsTable(settings: readonly SettingDocument[], style: Style): string {
  if (settings.length === 0) return '';
  return columns([
    ['KEYWORD', 'VALUE', 'SOURCE'].map(style.bold),
    ...settings.map((setting) => settingRow(setting, style)),
  ]);
}

function pathText(report: PathSettingsReport, style: Style): string {
  const { name, wwid, map, device, settings } = report;
  const where = map === null ? 'in no map' : `in ${map}, whose own settings \`mpathctl config show ${map}\` shows`;
  return `${style.bold(printable(name))} (${printable(wwid ?? 'no WWID')}): ${deviceText(device)}; ${printable(where)}\n${settingsTable(settings, style)}`;
}

function mapText(report: MapSettingsReport, style: Style): string {
  const { name, wwid, device, settings, common, paths } = report;
  const differing = paths.filter((path) => path.settings.length > 0);
  const rows = differing.flatMap((path) =>
    path.settings.map((setting) => [printable(path.name), ...settingRow(setting, style)]),
  );
  return [
    `${style.bold(printable(name))} (${printable(wwid)}): ${deviceText(device)}\n`,
    settingsTable(settings, style),
    `\nthe same on ${paths.length === 1 ? 'its one path' : `all ${counted(paths.length, 'path')}`}:\n${settingsTable(common, style)}`,
    rows.length === 0
      ? ''
      : `\nwhat differs:\n${columns([['PATH', 'KEYWORD', 'VALUE', 'SOURCE'].map(style.bold), ...rows])}`,
  ].join('');
}

/** Every setting of one path or map. */
export function settingsText(report: SettingsReport, style: Style): string {
  return report.kind === 'path' ? pathText(report, style) : mapText(report, style);
}
