/** Parses a text to a command, by multipathd's rules: words, keywords, parameters. */
import { findCommand, type CommandName } from './commands';
import { findKey, takesParameter, type Key } from './keywords';
import { splitWords } from './splitWords';

/** A keyword with its parameter, which is the next word; null: the keyword takes none. */
export interface Keyword {
  key: Key;
  param: string | null;
}

/**
 * Why a line is no command: the last word is unknown (ESRCH), an earlier word is unknown (ENOENT), a parameter is
 * missing (EINVAL), or the line is empty (ENOMEM). An ambiguous word is unknown.
 */
export type GrammarError = 'ESRCH' | 'ENOENT' | 'EINVAL' | 'ENOMEM';

/** `command` is null if all words are known but form no command. */
export type Parsed =
  | { ok: true; keywords: Keyword[]; command: CommandName | null }
  | { ok: false; error: GrammarError };

/** Never throws: each text is a command or has a {@link GrammarError}. */
export function parseCommand(text: string): Parsed {
  const words = splitWords(text);
  if (words.length === 0) return { ok: false, error: 'ENOMEM' };
  const keywords: Keyword[] = [];
  for (let at = 0; at < words.length; at++) {
    const key = findKey(words[at] ?? '');
    if (key === null) return { ok: false, error: at === words.length - 1 ? 'ESRCH' : 'ENOENT' };
    if (!takesParameter(key)) {
      keywords.push({ key, param: null });
      continue;
    }
    const param = words[++at];
    if (param === undefined) return { ok: false, error: 'EINVAL' };
    keywords.push({ key, param });
  }
  return { ok: true, keywords, command: findCommand(keywords.map(({ key }) => key)) };
}

/** True if a user other than root may give this command. Such commands only show something. */
export function isOpenToAll(keywords: readonly Keyword[]): boolean {
  return keywords[0]?.key === 'list';
}

/** The parameter of a keyword; '': the command does not have this keyword. */
export function parameter(keywords: readonly Keyword[], key: Key): string {
  return keywords.find((keyword) => keyword.key === key)?.param ?? '';
}
