/** multipath.conf and conf.d: found, read with bounds, and parsed. */
import { promises as fs } from 'node:fs';
import type { Configuration } from '../config/configuration';
import { mergeConfiguration } from '../config/effective';
import { aboutFile, logLine, messageLine, type Finding, type SourceFile } from '../config/parse/findings';
import { parseConfiguration } from '../config/parse/parse';
import { crossCheckFindings } from '../config/parse/crossChecks';
import type { Lookups } from '../config/parse/values';
import { errnoOf } from '../kernel/errors';
import type { Failure } from '../model/failure';
import { readAccounts } from './accounts';
import type { ConfigurationSource } from './configurationSource';
import { readText, SIZE_LIMIT, type TextReading } from './readText';

/** Where the files are. */
export interface ConfigurationPaths {
  main: string;
  /** Where drop-ins are; null: they are left out. */
  folder: string | null;
  /** Without one everything has its default; but one that was asked for by name must be there. */
  mainMayBeAbsent: boolean;
}

/** As on every host. */
export const USUAL_PATHS: ConfigurationPaths = {
  main: '/etc/multipath.conf',
  folder: '/etc/multipath/conf.d',
  mainMayBeAbsent: true,
};

/** What the files say, and all that is wrong with them. */
export interface ReadConfiguration {
  configuration: Configuration;
  findings: Finding[];
  /** false: nothing must go by it. */
  usable: boolean;
}

/** Drop-ins; more are no configuration. */
const MOST_FILES = 1000;

const ENDING = '.conf';

interface Found {
  sources: SourceFile[];
  /** Characters of all of them. */
  size: number;
  findings: Finding[];
  usable: boolean;
}

/** What there is to tell of a file that has no text; `usable`: it is known that there is nothing to be read. */
function trouble(
  file: string,
  main: boolean,
  reading: Exclude<TextReading, { kind: 'text' }>,
): { message: string; hint: string | null; usable: boolean } {
  const message = (reason: string): string => `couldn't open configuration file '${file}': ${reason}`;
  switch (reading.kind) {
    case 'absent':
      return { message: message('it is not there'), hint: null, usable: !main };
    case 'no-file':
      return { message: message(`it is ${reading.what}`), hint: null, usable: !main };
    case 'too-large':
      return {
        message: message(`that makes ${reading.bytes} bytes, and at most ${SIZE_LIMIT} are read`),
        hint: 'is this a configuration file?',
        usable: false,
      };
    case 'failed':
      return { message: message(reading.errno), hint: null, usable: false };
  }
}

/** Adds a file to what was found. */
function add(found: Found, file: string, main: boolean, reading: TextReading): void {
  if (reading.kind === 'text') found.size += reading.text.length;
  // All of them together are no larger than one may be.
  const judged: TextReading =
    reading.kind === 'text' && found.size > SIZE_LIMIT ? { kind: 'too-large', bytes: found.size } : reading;
  if (judged.kind === 'text') {
    found.sources.push({ file, text: judged.text, main });
    return;
  }
  const { message, hint, usable } = trouble(file, main, judged);
  found.findings.push(aboutFile(file, usable ? 'warning' : 'error', 'unreadable', message, hint));
  found.usable &&= usable;
}

/** Names of drop-ins in the order of their bytes, or the errno. */
async function dropIns(folder: string): Promise<Buffer[] | string> {
  try {
    const names = await fs.readdir(folder, { encoding: 'buffer' });
    return names.filter((name) => name.toString('latin1').endsWith(ENDING)).sort((a, b) => Buffer.compare(a, b));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return errno === 'ENOENT' ? [] : errno;
  }
}

async function addFolder(found: Found, folder: string): Promise<void> {
  const names = await dropIns(folder);
  const refuse = (reason: string): void => {
    found.findings.push(
      aboutFile(folder, 'error', 'unreadable', `couldn't read the configuration folder '${folder}': ${reason}`, null),
    );
    found.usable = false;
  };
  if (typeof names === 'string') return refuse(names);
  if (names.length > MOST_FILES) return refuse(`it has ${names.length} files, and at most ${MOST_FILES} are read`);
  for (const name of names) {
    const reading = await readText(Buffer.concat([Buffer.from(`${folder}/`), name]));
    add(found, `${folder}/${name.toString()}`, false, reading);
  }
}

async function find({ main, folder, mainMayBeAbsent }: ConfigurationPaths): Promise<Found> {
  const found: Found = { sources: [], size: 0, findings: [], usable: true };
  const reading = await readText(main);
  if (!(reading.kind === 'absent' && mainMayBeAbsent)) add(found, main, true, reading);
  if (folder !== null) await addFolder(found, folder);
  return found;
}

/** Reads and parses the files anew. */
export async function readConfiguration(paths: ConfigurationPaths, lookups?: Lookups): Promise<ReadConfiguration> {
  const { sources, findings, usable } = await find(paths);
  const parsed = parseConfiguration(sources, lookups ?? (await readAccounts()));
  const crossChecks = crossCheckFindings(mergeConfiguration(parsed.configuration).findings, sources);
  return {
    configuration: parsed.configuration,
    findings: [...findings, ...parsed.findings, ...crossChecks],
    usable: usable && parsed.usable,
  };
}

/** Why it cannot be used: the first of what is worst. */
function failureOf(main: string, findings: readonly Finding[]): Failure {
  const worst =
    findings.find(({ code }) => code === 'unreadable') ??
    findings.find(({ code }) => code === 'refused' || code === 'binary');
  return {
    code: 'MALFORMED',
    operation: 'read',
    device: worst?.file ?? main,
    errno: null,
    detail: worst === undefined ? 'it cannot be used' : messageLine(worst),
  };
}

/** The files as the daemon reads them: what is found is for its log. */
export function createConfigurationFiles(paths: ConfigurationPaths): ConfigurationSource {
  return {
    async load(main) {
      const asked = main === undefined ? paths : { ...paths, main, mainMayBeAbsent: false };
      const { configuration, findings, usable } = await readConfiguration(asked);
      const notes = findings.map((finding) => ({ level: finding.severity, message: logLine(finding) }));
      return {
        reading: usable ? { ok: true, value: configuration } : { ok: false, failure: failureOf(asked.main, findings) },
        notes,
      };
    },
  };
}
