/** Finds, reads and parses multipath.conf and the files of conf.d, with bounds on their size. */
import type { Configuration } from '../config/configuration';
import { mergeConfiguration } from '../config/effective';
import { aboutFile, logLine, messageLine, type Finding, type SourceFile } from '../config/parse/findings';
import { parseConfiguration } from '../config/parse/parse';
import { crossCheckFindings } from '../config/parse/crossChecks';
import type { Lookups } from '../config/parse/values';
import { errnoOf } from '../kernel/errors';
import { type FileAccess, plainAccess } from '../kernel/fileAccess';
import { FILE_MS } from '../kernel/fileDeadlines';
import { type Files, nodeFiles } from '../kernel/files';
import type { Failure, Reading } from '../model/failure';
import { readAccounts } from './accounts';
import type { ConfigurationSource } from './configurationSource';
import { readText, SIZE_LIMIT, type TextReading } from './readText';

/** The paths of the configuration files. */
export interface ConfigurationPaths {
  main: string;
  /** The folder of drop-ins; null: there are none. */
  folder: string | null;
  /**
   * True if the main file may be missing; then every setting has its default. A file that the user named must exist.
   */
  mainMayBeAbsent: boolean;
}

/** The paths on every host. */
export const USUAL_PATHS: ConfigurationPaths = {
  main: '/etc/multipath.conf',
  folder: '/etc/multipath/conf.d',
  mainMayBeAbsent: true,
};

/** The configuration in the files, and all faults of the files. */
export interface ReadConfiguration {
  configuration: Configuration;
  findings: Finding[];
  /** false: the configuration must not be used. */
  usable: boolean;
}

/** The largest number of drop-ins that a real configuration has. */
const MOST_FILES = 1000;

const ENDING = '.conf';

const ACCOUNTS = '/etc/passwd';
const GROUPS = '/etc/group';

/** The files, and a call before each of them is read. */
interface Reader {
  files: Files;
  tell(file: string): void;
}

interface Found {
  sources: SourceFile[];
  /** The number of characters of all files. */
  size: number;
  findings: Finding[];
  usable: boolean;
}

/** The findings about a file without a text. `usable`: the file is known to have no content. */
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

/** Adds a file to the found ones. */
function add(found: Found, file: string, main: boolean, reading: TextReading): void {
  if (reading.kind === 'text') found.size += reading.text.length;
  // The limit for one file also holds for all files together.
  const judged: TextReading =
    reading.kind === 'text' && found.size > SIZE_LIMIT ? { kind: 'too-large', bytes: found.size } : reading;
  if (judged.kind === 'text') {
    found.sources.push({ file, text: judged.text, main });
    if (judged.distrust !== null) found.findings.push(aboutFile(file, 'error', 'insecure', judged.distrust, null));
    return;
  }
  const { message, hint, usable } = trouble(file, main, judged);
  found.findings.push(aboutFile(file, usable ? 'warning' : 'error', 'unreadable', message, hint));
  found.usable &&= usable;
}

/** Names of drop-ins in the order of their bytes, or the errno. */
async function dropIns(files: Files, folder: string): Promise<Buffer[] | string> {
  try {
    const names = await files.readdir(folder, { encoding: 'buffer' });
    return names.filter((name) => name.toString('latin1').endsWith(ENDING)).sort((a, b) => Buffer.compare(a, b));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return errno === 'ENOENT' ? [] : errno;
  }
}

async function addFolder({ files, tell }: Reader, found: Found, folder: string): Promise<void> {
  tell(folder);
  const names = await dropIns(files, folder);
  const refuse = (reason: string): void => {
    found.findings.push(
      aboutFile(folder, 'error', 'unreadable', `couldn't read the configuration folder '${folder}': ${reason}`, null),
    );
    found.usable = false;
  };
  if (typeof names === 'string') return refuse(names);
  if (names.length > MOST_FILES) return refuse(`it has ${names.length} files, and at most ${MOST_FILES} are read`);
  for (const name of names) {
    const file = `${folder}/${name.toString()}`;
    tell(file);
    add(found, file, false, await readText(Buffer.concat([Buffer.from(`${folder}/`), name]), files));
  }
}

async function find(reader: Reader, { main, folder, mainMayBeAbsent }: ConfigurationPaths): Promise<Found> {
  const found: Found = { sources: [], size: 0, findings: [], usable: true };
  reader.tell(main);
  const reading = await readText(main, reader.files);
  if (!(reading.kind === 'absent' && mainMayBeAbsent)) add(found, main, true, reading);
  if (folder !== null) await addFolder(reader, found, folder);
  return found;
}

/** Reads and parses the files anew. */
export async function readConfiguration(
  paths: ConfigurationPaths,
  lookups?: Lookups,
  reader: Reader = { files: nodeFiles, tell: () => undefined },
): Promise<ReadConfiguration> {
  const { sources, findings, usable } = await find(reader, paths);
  const parsed = parseConfiguration(sources, lookups ?? (await accounts(reader)));
  const crossChecks = crossCheckFindings(mergeConfiguration(parsed.configuration).findings, sources);
  return {
    configuration: parsed.configuration,
    findings: [...findings, ...parsed.findings, ...crossChecks],
    usable: usable && parsed.usable,
  };
}

function accounts({ files, tell }: Reader): Promise<Lookups> {
  tell(ACCOUNTS);
  return readAccounts(ACCOUNTS, GROUPS, files);
}

/** Why the configuration cannot be used: the first of the worst findings. */
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

/**
 * The configuration files as a source for the daemon. The findings become notes for its log. If a file does not answer,
 * the reading is TIMED_OUT and names the file.
 */
export function createConfigurationFiles(
  paths: ConfigurationPaths,
  { files, deadlines }: FileAccess = plainAccess,
): ConfigurationSource {
  const readInTime = (asked: ConfigurationPaths): Promise<Reading<ReadConfiguration>> => {
    let current = asked.main;
    const reader: Reader = { files, tell: (file) => (current = file) };
    return deadlines.within(
      `configuration ${asked.main}`,
      { operation: 'read', file: () => current, ms: FILE_MS },
      async () => ({ ok: true, value: await readConfiguration(asked, undefined, reader) }),
    );
  };
  return {
    async load(main) {
      const asked = main === undefined ? paths : { ...paths, main, mainMayBeAbsent: false };
      const read = await readInTime(asked);
      if (!read.ok) return { reading: read, notes: [] };
      const { configuration, findings, usable } = read.value;
      const notes = findings.map((finding) => ({ level: finding.severity, message: logLine(finding) }));
      return {
        reading: usable ? { ok: true, value: configuration } : { ok: false, failure: failureOf(asked.main, findings) },
        notes,
      };
    },
  };
}
