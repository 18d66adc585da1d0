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
  shutdown: 'stop the daemon; maps stay as they are (root)',
} as const;

export type CommandName = keyof typeof COMMANDS;

const NAMES = Object.keys(COMMANDS);
const OPTIONS = ['json', 'socket', 'timeout', 'help', 'version'];

/** Seconds; reading everything anew may take long on a host with thousands of disks. */
const TIMEOUTS: Record<CommandName, number> = {
  status: 10,
  paths: 10,
  maps: 10,
  topology: 10,
  resync: 120,
  audit: 120,
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
    (program, [name, text]) => program.command(name === 'topology' ? 'topology [map]' : name, text),
    yargs().scriptName('mpathctl').usage('$0 <command> [options]\n\nAsks the multipath daemon, and tells it.'),
  );
  return described
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
    .option('socket', { type: 'string', describe: "the daemon's address: a path, or @name for an abstract one" })
    .option('timeout', { type: 'number', describe: 'seconds to wait for the answer' })
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
  const first = argv.find((word, at) => !word.startsWith('-') && !/^--(socket|timeout)$/.test(argv[at - 1] ?? ''));
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
  const args: Arguments = { json: json === true, map: map === undefined ? null : String(map) };
  return { kind: 'run', command, args, socket: socket ?? null, timeoutMs: seconds * 1000 };
}
