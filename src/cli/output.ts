/** Where text for people leaves the programs, besides the log and the socket: stdout and stderr. */
import { terminalText } from './style';

/** Writes to stdout. */
export function writeOut(text: string): void {
  process.stdout.write(terminalText(text));
}

/** Writes to stderr. */
export function writeError(text: string): void {
  process.stderr.write(terminalText(text));
}

/** A fault of the program itself, with the place at which it was thrown. The first line is the message. */
export function faultLines(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const { stack = '', message } = error;
  const frames = stack.split('\n').filter((line) => /^ {4}at /.test(line));
  return [`internal error: ${error.name}: ${message}`, ...frames];
}
