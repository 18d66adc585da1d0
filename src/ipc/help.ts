/** The reply to a line that is no command: the reason, and the list of all commands. */
import { printable } from '../model/printable';
import { COMMANDS } from './commands';
import type { GrammarError } from './grammar';
import { findKey, spellings, takesParameter } from './keywords';

const REASONS: Record<Exclude<GrammarError, 'ENOENT'>, string> = {
  ESRCH: 'not found',
  EINVAL: 'Missing argument',
  ENOMEM: 'Not enough memory',
};

function helpWord(word: string): string {
  const key = findKey(word);
  if (key === null) return '';
  const parameter = takesParameter(key) ? ` $${key}` : '';
  return ` ${spellings(key).join('|')}${parameter}`;
}

function helpLine(command: string): string {
  return command.split(' ').map(helpWord).join('');
}

/** The list of all commands, below the version line. */
export function commandReference(version: string): string {
  const lines = COMMANDS.map(helpLine);
  return [`mpathd v${version}, commands of multipath-tools v0.14.3`, 'CLI commands reference:', ...lines, ''].join(
    '\n',
  );
}

/**
 * The whole reply to a line that is no command. XenServer's storage manager takes the word "switchgroup" in it as the
 * sign that the daemon is alive.
 */
export function grammarReply(text: string, error: GrammarError, version: string): string {
  if (error === 'ENOENT') return 'fail\n';
  return `fail\n${printable(text)}: ${REASONS[error]}\n${commandReference(version)}`;
}
