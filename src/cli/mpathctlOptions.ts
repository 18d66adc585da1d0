/** mpathctl's command line. */
import yargs from 'yargs';
import { suggestion } from '../config/suggest';
import { printable } from '../model/printable';
import type { Arguments } from './commands/command';
import { COMMANDS, isCommand, OWN_OPTIONS, shapeOf, type CommandName, type OwnOption } from './mpathctlCommands';

const NAMES = Object.keys(COMMANDS);
const OWN = Object.keys(OWN_OPTIONS) as OwnOption[];
const OPTIONS = ['json', 'socket', 'timeout', 'help', 'version', ...OWN];
const WITH_VALUE = new Set([
  '--socket',
  '--timeout',
  ...OWN.filter((name) => OWN_OPTIONS[name].type !== 'boolean').map((name) => `--${name}`),
]);

const DEFAULT_TIMEOUT_S = 10;

/** The command to run, or a text to print instead, or an error. */
export type CommandLine =
  | { kind: 'run'; command: CommandName; args: Arguments; socket: string | null; timeoutMs: number }
  | { kind: 'print'; text: string }
  | { kind: 'wrong'; message: string };

function parser(version: string) {
  const program = yargs()
    .scriptName('mpathctl')
    .usage('$0 <command> [options]\n\nShows and controls the multipath daemon.');
  for (const name of NAMES.filter(isCommand))
    program.command([name, shapeOf(name).words ?? ''].join(' ').trim(), shapeOf(name).about);
  program
    .option('json', { type: 'boolean', default: false, describe: 'print JSON' })
    .option('socket', { type: 'string', describe: "the daemon's address: a path, or @name for an abstract one" })
    .option('timeout', { type: 'number', describe: 'seconds to wait for the answer' });
  for (const name of OWN) {
    const { type, describe } = OWN_OPTIONS[name];
    program.option(name, { type: type === 'integer' ? 'number' : type, describe });
  }
  return program
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
  const unknown = argv
    .map((word) => /^--(?:no-)?([^=]+)/.exec(word)?.[1])
    .find((name) => name !== undefined && !OPTIONS.includes(name));
  if (unknown !== undefined)
    return { kind: 'wrong', message: `unknown option --${printable(unknown)}${hint(unknown, OPTIONS, '--')}` };
  const first = argv.find((word, at) => !word.startsWith('-') && !WITH_VALUE.has(argv[at - 1] ?? ''));
  if (first !== undefined && !isCommand(first)) {
    return { kind: 'wrong', message: `unknown command ${printable(first)}${hint(first, NAMES, '')}` };
  }
  let result: CommandLine = { kind: 'wrong', message: 'which command?' };
  parser(version).parseSync([...argv], {}, (error, parsed, output) => {
    if (error) result = { kind: 'wrong', message: error.message };
    else if (output !== '') result = { kind: 'print', text: `${output}\n` };
    else if (first !== undefined && isCommand(first)) result = commandOf(first, parsed);
  });
  return result;
}

type Parsed = Readonly<Record<string, unknown>>;

function commandOf(command: CommandName, parsed: Parsed): CommandLine {
  const { socket, timeout } = parsed;
  const seconds = timeout ?? shapeOf(command).timeout ?? DEFAULT_TIMEOUT_S;
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds <= 86_400)) {
    return { kind: 'wrong', message: '--timeout takes a number of seconds' };
  }
  if (socket !== undefined && (typeof socket !== 'string' || socket === '')) {
    return { kind: 'wrong', message: '--socket takes one address' };
  }
  const message =
    strayOption(command, parsed) ??
    wrongAction(command, parsed) ??
    strayForAction(command, parsed) ??
    wrongNumber(parsed);
  if (message !== null) return { kind: 'wrong', message };
  return { kind: 'run', command, args: argumentsOf(parsed), socket: socket ?? null, timeoutMs: seconds * 1000 };
}

/** True if `name` is an argument of the command: yargs gives arguments and options of the same name in one field. */
function isWordOf(command: CommandName, name: string): boolean {
  return new RegExp(`[<[]${name}[\\]>]`).test(shapeOf(command).words ?? '');
}

function strayOption(command: CommandName, parsed: Parsed): string | null {
  const mine = shapeOf(command).options ?? [];
  const stray = OWN.find(
    (name) => parsed[name] !== undefined && parsed[name] !== false && !mine.includes(name) && !isWordOf(command, name),
  );
  if (stray === undefined) return null;
  const owners = NAMES.filter(isCommand).filter((name) => shapeOf(name).options?.includes(stray));
  return `--${stray} belongs to ${owners.join(' and ')}`;
}

function strayForAction(command: CommandName, parsed: Parsed): string | null {
  const owned = Object.entries(shapeOf(command).actions?.options ?? {});
  const stray = owned.find(
    ([action, options]) =>
      action !== parsed['action'] && options.some((name) => parsed[name] !== undefined && parsed[name] !== false),
  );
  return stray === undefined ? null : `--${stray[1].join(', --')} belongs to ${command} ${stray[0]}`;
}

function wrongAction(command: CommandName, { action }: Parsed): string | null {
  const { actions } = shapeOf(command);
  if (actions === undefined || actions.allowed.includes(String(action))) return null;
  return `${command} ${printable(String(action))}? It is: ${actions.usage}`;
}

function wrongNumber(parsed: Parsed): string | null {
  const wrong = OWN.find(
    (name) => OWN_OPTIONS[name].type === 'integer' && parsed[name] !== undefined && !Number.isSafeInteger(parsed[name]),
  );
  return wrong === undefined ? null : `--${wrong} takes the number of an input`;
}

function argumentsOf(parsed: Parsed): Arguments {
  const text = (name: string): string | null => (parsed[name] === undefined ? null : String(parsed[name]));
  const number = (name: OwnOption): number | null => (typeof parsed[name] === 'number' ? parsed[name] : null);
  return {
    json: parsed['json'] === true,
    changed: parsed['changed'] === true,
    action: text('action'),
    map: text('map'),
    file: text('file'),
    config: text('config'),
    device: text('device'),
    udev: parsed['udev'] === true,
    ignoreWwids: parsed['ignore-wwids'] === true,
    configDir: text('config-dir'),
    what: text('what'),
    from: number('from'),
    until: number('until'),
    path: text('path'),
    quiet: parsed['quiet'] === true,
    tables: parsed['tables'] === true,
  };
}
