/**
 * Parses multipath.conf and the files of conf.d: texts in, settings and findings out (multipath.conf(5)). Never throws.
 */
import { emptyConfiguration, type Configuration, type Stated } from '../configuration';
import type { Finding, SourceFile } from './findings';
import { parseFile, type Parsing } from './file';
import { createReport } from './report';
import { mergeDeviceSections, mergeMultipathSections, mergeProtocolSections, type Placed } from './mergeSections';
import type { Lookups } from './values';

/** The result for all files. */
export interface ParsedConfiguration {
  configuration: Configuration;
  /** In the order in which multipathd reports them. */
  findings: Finding[];
  /** False if the main file is so broken that mpathd must not use the configuration. */
  usable: boolean;
}

const NO_LOOKUPS: Lookups = { uid: () => null, gid: () => null };

/** Parses files in their order, the main file first. `lookups` finds names of accounts. */
export function parseConfiguration(files: readonly SourceFile[], lookups: Lookups = NO_LOOKUPS): ParsedConfiguration {
  const report = createReport();
  const configuration = { ...emptyConfiguration(), files: files.map(({ file }) => file) };
  const parsing: Parsing = {
    configuration,
    devices: [],
    protocols: [],
    multipaths: [],
    report,
    lookups,
    told: new Set(),
    badInterval: null,
  };
  let usable = true;
  for (const source of files) usable = parseOne(parsing, source) && usable;
  configuration.devices = blocksOf(parsing.devices);
  configuration.protocols = blocksOf(parsing.protocols);
  configuration.multipaths = blocksOf(mergeMultipathSections(parsing.multipaths, report));
  settleInterval(configuration, parsing.badInterval);
  return { configuration, findings: report.findings(), usable };
}

/** Returns true if this file leaves the configuration usable. */
function parseOne(parsing: Parsing, source: SourceFile): boolean {
  const { report } = parsing;
  const { file, main, text } = source;
  const before = parsing.devices.length;
  const refused = parseFile(parsing, source);
  const zero = text.indexOf('\0');
  const usable = !(zero >= 0 || (refused && main));
  if (zero >= 0) {
    const line = text.slice(0, zero).split('\n').length;
    report.tellOfFile(file, {
      severity: 'error',
      code: 'binary',
      message: `${file} is no text: there is a zero byte on line ${line}`,
      hint: 'correct the file: mpathd uses nothing of it',
    });
  } else if (!usable)
    report.tellOfFile(file, {
      severity: 'error',
      code: 'unusable',
      message: 'error parsing config file',
      hint: `correct what is refused in ${file} first`,
    });
  parsing.devices = mergeDeviceSections(parsing.devices, before, file, report);
  parsing.protocols = mergeProtocolSections(parsing.protocols, file, report);
  return usable;
}

function blocksOf(placed: readonly Placed[]): Configuration['devices'] {
  return placed.map(({ block }) => block);
}

/**
 * As in multipathd, an interval that is no number becomes the longest allowed interval. If no longest interval is set,
 * the line has no effect.
 */
function settleInterval({ defaults }: Configuration, bad: Stated<null> | null): void {
  const longest = defaults.max_polling_interval;
  if (bad === null || longest === undefined || defaults.polling_interval !== undefined) return;
  defaults.polling_interval = { ...bad, value: longest.value };
}
