/** mpathctl's command line. */
import yargs from 'yargs';
import { suggestion } from './suggest';
import type { Arguments } from './commands/command';

/** Commands with their line in the help. */
const COMMANDS = {
  status: 'how sure the daemon is of its tables, and what it is doing',
  paths: 'all disks the daemon knows, with their state',
  maps: 'all multipath maps',
  topology: 'maps with their path groups and paths, as a tree',
  resync: 'read everything from the kernel anew (root)',
  audit: 'compare the tables with the kernel: 0 equal, 1 different, 2 not answerable (root)',
  journal: 'save: write what the daemon was told of late to FILE, for replay (root)',
  replay: 'step through a saved journal; needs no daemon',
  shutdown: 'stop the daemon; maps stay as they are (root)',
} as const;

export type CommandName = keyof typeof COMMANDS;

/** What follows the name on the command line. */
const WORDS: Partial<Record<CommandName, string>> = { topology: '[map]', journal: '<action> <file>', replay: '<file>' };

const NAMES = Object.keys(COMMANDS);
/** For replay only. */
const BREAKPOINTS = ['from', 'until', 'path', 'map', 'quiet', 'tables'] as const;
const OPTIONS = ['json', 'socket', 'timeout', 'help', 'version', ...BREAKPOINTS];
const WITH_VALUE = /^--(socket|timeout|from|until|path|map)$/;

/** Seconds; reading everything anew may take long on a host with thousands of disks. */
const TIMEOUTS: Record<CommandName, number> = {
  status: 10,
  paths: 10,
  maps: 10,
  topology: 10,
  resync: 120,
  audit: 120,
  journal: 120,
  replay: 10,
  shutdown: 10,
};

/** What to do, or a text to print instead, or what is wrong. */
export type CommandLine =
  | { kind: 'run'; command: CommandName; args: Arguments; socket: string | null; timeoutMs: number }
  | { kind: 'print'; text: string }
  | { kind: 'wrong'; message: string };

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

function parser(version: string) {
  const described = Object.entries(COMMANDS).reduce(
    (program, [name, text]) => program.command([name, WORDS[name as CommandName] ?? ''].join(' ').trim(), text),
    yargs().scriptName('mpathctl').usage('$0 <command> [options]\n\nAsks the multipath daemon, and tells it.'),
  );
  return described
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
    .option('socket', { type: 'string', describe: "the daemon's address: a path, or @name for an abstract one" })
    .option('timeout', { type: 'number', describe: 'seconds to wait for the answer' })
    .option('from', { type: 'number', describe: 'replay: shows nothing, and stops nowhere, before this input' })
    .option('until', { type: 'number', describe: 'replay: stops after this input' })
    .option('path', { type: 'string', describe: 'replay: stops when this path (name, dev_t or key) changes' })
    .option('map', { type: 'string', describe: 'replay: stops when this map (alias, WWID or UUID) changes' })
    .option('quiet', { type: 'boolean', default: false, describe: 'replay: only where it stops, and the end' })
    .option('tables', { type: 'boolean', default: false, describe: 'replay: the whole tables before and after each input that is shown' })
    .strict()
    .help()
    .alias('h', 'help')
    .version(version)
    .epilogue('Exit codes: 0 done, 1 refused, 2 wrong arguments, 3 no daemon answers.')
    .exitProcess(false);
}

function hint(word: string, known: readonly string[], prefix: string): string {
  const meant = suggestion(word, known);
  return meant === null ? '' : `; did you mean ${prefix}${meant}?`;
}

/** Parses; never prints, never ends the process. */
export function parseCommandLine(argv: readonly string[], version: string): CommandLine {
  const unknown = argv.map((word) => /^--(?:no-)?([^=]+)/.exec(word)?.[1]).find((name) => name !== undefined && !OPTIONS.includes(name));
  if (unknown !== undefined) return { kind: 'wrong', message: `unknown option --${unknown}${hint(unknown, OPTIONS, '--')}` };
  const first = argv.find((word, at) => !word.startsWith('-') && !WITH_VALUE.test(argv[at - 1] ?? ''));
  if (first !== undefined && !isCommand(first)) {
    return { kind: 'wrong', message: `unknown command ${first}${hint(first, NAMES, '')}` };
  }
  let result: CommandLine = { kind: 'wrong', message: 'which command?' };
  parser(version).parseSync([...argv], {}, (error, parsed, output) => {
    if (error) result = { kind: 'wrong', message: error.message };
    else if (output !== '') result = { kind: 'print', text: `${output}\n` };
    else if (first !== undefined && isCommand(first)) result = commandOf(first, parsed);
  });
  return result;
}

function commandOf(command: CommandName, parsed: Readonly<Record<string, unknown>>): CommandLine {
  const { json, socket, timeout, map } = parsed;
  const seconds = timeout ?? TIMEOUTS[command];
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds <= 86_400)) {
    return { kind: 'wrong', message: '--timeout takes a number of seconds' };
  }
  if (socket !== undefined && (typeof socket !== 'string' || socket === '')) {
    return { kind: 'wrong', message: '--socket takes one address' };
  }
  const stray = BREAKPOINTS.find((name) => command !== 'replay' && parsed[name] !== undefined && parsed[name] !== false && !(name === 'map' && command === 'topology'));
  if (stray !== undefined) return { kind: 'wrong', message: `--${stray} belongs to replay` };
  const { from, until, path, file, action, quiet, tables } = parsed;
  if (action !== undefined && action !== 'save') return { kind: 'wrong', message: `journal ${String(action)}? It is: journal save FILE` };
  for (const [name, value] of Object.entries({ from, until })) {
    if (value !== undefined && !Number.isSafeInteger(value)) return { kind: 'wrong', message: `--${name} takes the number of an input` };
  }
  const args: Arguments = {
    json: json === true,
    map: textOf(map),
    file: textOf(file),
    from: typeof from === 'number' ? from : null,
    until: typeof until === 'number' ? until : null,
    path: textOf(path),
    quiet: quiet === true,
    tables: tables === true,
  };
  return { kind: 'run', command, args, socket: socket ?? null, timeoutMs: seconds * 1000 };
}

function textOf(value: unknown): string | null {
  return value === undefined ? null : String(value);
}
