/**
 * `mpathctl config check [FILE]`: all faults of the configuration files; needs no daemon.
 * `mpathctl config show [DEVICE]`: the settings in force.
 */
import type { ConfigurationDocument, SettingDocument } from '../../config/document';
import { formatFinding, type Finding, type Severity } from '../../config/parse/findings';
import {
  readConfiguration,
  USUAL_PATHS,
  type ConfigurationPaths,
  type ReadConfiguration,
} from '../../daemon/configurationFiles';
import { counted, type Style } from '../style';
import type { SettingsReport } from '../../engine/views/settingsReport';
import { askDocument, askOrRefuse, EXIT, jsonText, quoted, type Arguments, type Command } from './command';
import { changedText, settingsText } from './configText';
import { printable } from '../../model/printable';

export const config: Command = (context, args) => (args.action === 'show' ? show(context, args) : check(context, args));

const show: Command = async (context, args) => {
  const { json, what, changed } = args;
  if (what !== null) {
    const print = (whole: SettingsReport): string => {
      const report = changed ? withoutDefaults(whole) : whole;
      return json ? jsonText(report) : settingsText(report, context.style);
    };
    context.print(await askDocument(context, `mpathd config json ${quoted(what)}`, print));
  } else if (!json && !changed) {
    context.print(await askOrRefuse(context, 'show config'));
  } else {
    const print = (document: ConfigurationDocument): string =>
      json ? jsonText(changed ? document.changed : document) : changedText(document.changed, context.style);
    context.print(await askDocument(context, 'mpathd config json', print));
  }
  return EXIT.ok;
};

function withoutDefaults(report: SettingsReport): SettingsReport {
  const kept = (settings: readonly SettingDocument[]): SettingDocument[] =>
    settings.filter(({ origin }) => origin.from !== 'default');
  if (report.kind === 'path') return { ...report, settings: kept(report.settings) };
  const paths = report.paths.map((path) => ({ ...path, settings: kept(path.settings) }));
  return { ...report, settings: kept(report.settings), common: kept(report.common), paths };
}

const check: Command = async (context, args) => {
  const read = await readConfiguration(pathsOf(args));
  context.print(args.json ? jsonText(documentOf(read)) : checkText(read, context.style));
  return isFine(read) ? EXIT.ok : EXIT.failed;
};

/** If the user names a file, only this file counts, and the folder of drop-ins if the user names it as well. */
function pathsOf({ what, configDir }: Arguments): ConfigurationPaths {
  if (what === null) return { ...USUAL_PATHS, folder: configDir ?? USUAL_PATHS.folder };
  return { main: what, folder: configDir, mainMayBeAbsent: false };
}

function isFine({ findings, usable }: ReadConfiguration): boolean {
  return usable && findings.every(({ severity }) => severity === 'notice');
}

function countsOf(findings: readonly Finding[]): Record<Severity, number> {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  return { error: count('error'), warning: count('warning'), notice: count('notice') };
}

/**
 * `usable` false: the daemon would not start with this configuration, and at a reconfigure would keep the running one.
 */
function documentOf({ configuration, findings, usable }: ReadConfiguration): object {
  return { files: configuration.files, usable, counts: countsOf(findings), findings };
}

function coloured(finding: Finding, style: Style): string {
  const [head = '', ...rest] = formatFinding(finding).split('\n');
  const paint = { error: style.bad, warning: style.doubtful, notice: style.bold }[finding.severity];
  return [paint(head), ...rest].map((line) => `${line}\n`).join('');
}

function checkText(read: ReadConfiguration, style: Style): string {
  return read.findings.map((finding) => coloured(finding, style)).join('') + summary(read);
}

function summary({ configuration: { files }, findings, usable }: ReadConfiguration): string {
  const counts = countsOf(findings);
  const told = (['error', 'warning', 'notice'] as const)
    .filter((severity) => counts[severity] > 0)
    .map((severity) => counted(counts[severity], severity));
  const where = files.length === 0 ? 'no configuration file' : printable(files.join(', '));
  const unusable = usable
    ? ''
    : ' NOT usable: the daemon would not start with it, and a running one goes on with what it has.';
  return `${where}: ${told.length === 0 ? 'nothing wrong' : told.join(', ')}.${unusable}\n`;
}
