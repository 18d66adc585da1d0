/** The C library's own verdicts on many patterns at once: bash's `=~` is `regcomp` with REG_EXTENDED and `regexec`. */
import { spawnSync } from 'node:child_process';

export type MatchResult = 'match' | 'no match' | 'refused';

/** A pattern and a text. Neither has a zero byte. */
export type Question = readonly [pattern: string, text: string];

const VERDICTS: readonly (MatchResult | undefined)[] = ['match', 'no match', 'refused'];

/** `$?` is 2 for an invalid pattern. */
const BASH = `while IFS= read -r -d '' pattern && IFS= read -r -d '' text; do [[ $text =~ $pattern ]]; echo $?; done`;

/** One process for each question, because `grep` takes several patterns only as alternatives. */
const GREP = `while IFS= read -r -d '' pattern && IFS= read -r -d '' text; do printf '%s\\0' "$text" | grep -qzE -e "$pattern" 2>/dev/null; echo $?; done`;

function ask(script: string, questions: readonly Question[]): MatchResult[] {
  const input = questions.map(([pattern, text]) => `${pattern}\0${text}\0`).join('');
  const { stdout, stderr } = spawnSync('bash', ['-c', script], {
    input,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    maxBuffer: 1 << 26,
  });
  const codes = stdout.toString().split('\n').slice(0, -1);
  if (codes.length !== questions.length)
    throw new Error(`${codes.length} answers to ${questions.length} questions: ${stderr.toString()}`);
  return codes.map((code) => VERDICTS[Number(code)] ?? 'refused');
}

/** The verdicts of `regcomp` and `regexec`. */
export function askLibrary(questions: readonly Question[]): MatchResult[] {
  return ask(BASH, questions);
}

/** The verdicts of `grep -E`. */
export function askGrep(questions: readonly Question[]): MatchResult[] {
  return ask(GREP, questions);
}
