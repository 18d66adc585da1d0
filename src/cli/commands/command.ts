/** The parts that every command of mpathctl uses. */
import type { CheckSystem } from '../check/system';
import type { WwidsSystem } from '../check/wwidsSystem';
import type { Style } from '../style';
import { printableJson } from '../../model/printable';

/** Exit codes of mpathctl. */
export const EXIT = {
  ok: 0,
  /** The daemon refused, or an audit found differences. */
  failed: 1,
  /** Wrong arguments, or an audit that could not be done. */
  usage: 2,
  /** No daemon answers. */
  noDaemon: 3,
} as const;

/** The arguments of the command line. */
export interface Arguments {
  json: boolean;
  /** `config show --changed`. */
  changed: boolean;
  /** `journal ACTION`, `config ACTION`, `wwids ACTION`. */
  action: string | null;
  /** `check DEVICE`, `explain DEVICE`, `wwids ACTION DEVICE`. */
  device: string | null;
  udev: boolean;
  ignoreWwids: boolean;
  /** `plan --config FILE`. */
  config: string | null;
  /** `config --config-dir FOLDER`. */
  configDir: string | null;
  /** `config ACTION WHAT`: a file, for `check`. */
  what: string | null;
  /** `topology MAP`, `replay --map`. */
  map: string | null;
  /** `journal save FILE`, `replay FILE`. */
  file: string | null;
  /** `replay`: numbers of inputs. */
  from: number | null;
  until: number | null;
  path: string | null;
  quiet: boolean;
  /** `replay --tables`: print whole tables before and after each input. */
  tables: boolean;
}

/** The daemon and the terminal. */
export interface CommandContext {
  /** Sends one command of the socket protocol; rejects with an MpathdError if no daemon answers. */
  ask(command: string): Promise<string>;
  print(text: string): void;
  /** Prints to stderr. */
  note(text: string): void;
  env: Readonly<Record<string, string | undefined>>;
  /** This machine, for a check. */
  checkSystem(): CheckSystem;
  wwidsSystem(): WwidsSystem;
  /** Ends the process even if a thread hangs. */
  abandon(): void;
  style: Style;
  /** The version of this program. */
  version: string;
}

/** Gives the exit code. */
export type Command = (context: CommandContext, args: Arguments) => Promise<number>;

/** The daemon answered, and refused. */
export class Refusal extends Error {}

const FAIL = 'fail\n';

/** The reply to a command; throws a {@link Refusal} if it is a failure. */
export async function askOrRefuse(context: CommandContext, command: string): Promise<string> {
  const reply = await context.ask(command);
  if (!reply.startsWith(FAIL)) return reply;
  const reason = reply.slice(FAIL.length).trim();
  // multipathd does not know the word `mpathd`. As further words follow it, multipathd answers only `fail`.
  if (reason === '' && command.startsWith('mpathd ')) throw new Refusal('the daemon that answers is not mpathd');
  throw new Refusal(reason === '' ? 'the daemon refused without a reason' : reason);
}

/**
 * Asks for a JSON document, and hands it to `use`. The reply may be anything: the daemon may be of another version, or
 * no daemon at all. So `use` takes the document for what the daemon of this package answers (src/ipc/documents.ts), and
 * if it fails on it, this is a {@link Refusal}. `use` only makes texts.
 */
export async function askDocument<T, Result>(
  context: CommandContext,
  command: string,
  use: (document: T) => Result,
): Promise<Result> {
  const reply = await askOrRefuse(context, command);
  let document: unknown;
  try {
    document = JSON.parse(reply);
  } catch {
    throw new Refusal(`the daemon's answer to "${command}" is no JSON`);
  }
  try {
    if (typeof document !== 'object' || document === null) throw new TypeError('it is no object');
    return use(document as T);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Refusal(
      `the daemon's answer to "${command}" is not what mpathctl ${context.version} expects (${error.message}): ` +
        'the daemon is of another version, or something else answers',
    );
  }
}

/** Asks for a JSON document, and prints it as JSON or as a text. */
export async function printDocument<T>(
  context: CommandContext,
  command: string,
  json: boolean,
  text: (document: T) => string,
): Promise<number> {
  context.print(await askDocument<T, string>(context, command, json ? jsonText : text));
  return EXIT.ok;
}

/** A word in quotes, so that the daemon reads it as one word with any content. */
export function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}

/** The printed form of a JSON document. */
export function jsonText(document: unknown): string {
  return `${printableJson(document, 2)}\n`;
}
