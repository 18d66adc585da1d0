/** Readers of the values of keywords: they take a text and give a value. */
import { suggestion } from '../suggest';
import type { FindingCode, Severity } from './findings';

/** A fault of a value. `text` comes after `FILE line N, `. */
export interface Complaint {
  severity: Severity;
  code: FindingCode;
  text: string;
  hint: string | null;
  /** The place in the value, from 0; undefined: the whole value. */
  at?: number;
}

/** The result of a reader. */
export type Taken<T> =
  | { taken: 'value'; value: T; complaint: Complaint | null }
  /** The line counts as missing. */
  | { taken: 'nothing'; complaint: Complaint }
  /** A value that was set earlier in this section is unset. */
  | { taken: 'unset'; complaint: Complaint | null }
  /** The file cannot be used if it is the main file. */
  | { taken: 'refused'; hint: string };

/** Numbers of accounts by name; null: no account has this name. */
export interface Lookups {
  uid(name: string): number | null;
  gid(name: string): number | null;
}

/** Reads the text of a value. The keyword is for complaints. */
export type Reader<T> = (text: string, keyword: string, lookups: Lookups) => Taken<T>;

/** The largest `int` of C. */
export const INT_MAX = 0x7fffffff;
const UINT_MAX = 0xffffffff;

function value<T>(taken: T, complaint: Complaint | null = null): Taken<T> {
  return { taken: 'value', value: taken, complaint };
}

/** A complaint about the whole value. */
export function warning(code: FindingCode, text: string, hint: string | null = null): Complaint {
  return { severity: 'warning', code, text, hint };
}

function bad(text: string, keyword: string, hint: string): Taken<never> {
  return { taken: 'nothing', complaint: warning('bad-value', `invalid value for ${keyword}: "${text}"`, hint) };
}

const DECIMAL = /^[\t-\r ]*([+-]?\d+)[\t-\r ]*$/;

/** Decimal; a value outside of the bounds becomes the nearer bound. */
export function integer(least: number, most: number, hint?: string): Reader<number> {
  return (text, keyword) => {
    const digits = DECIMAL.exec(text)?.[1];
    if (digits === undefined) return bad(text, keyword, hint ?? `it is a number${range(least, most)}`);
    const number = Number(digits);
    if (number >= least && number <= most) return value(number === 0 ? 0 : number);
    const [limit, how] = number > most ? [most, 'large'] : [least, 'small'];
    return value(limit, warning('capped', `value for ${keyword} too ${how}, capping at ${limit}`));
  };
}

function range(least: number, most: number): string {
  if (most < INT_MAX) return ` from ${least} to ${most}`;
  return least > -INT_MAX ? `, ${least} or more` : '';
}

/** Seconds, 1 or more. A value outside of the range is wrong, and does not become the bound. */
export const interval: Reader<number> = (text, keyword) => {
  const digits = /^[\t-\r ]*(\d+)[\t-\r ]*$/.exec(text)?.[1];
  const number = Number(digits ?? 0);
  return number > 0 && number <= UINT_MAX ? value(number) : bad(text, keyword, 'it is a number of seconds, 1 or more');
};

/** Makes a reader for a number of which 0 means "not set". */
export function zeroIsUnset<T>(reader: Reader<T>, hint: string | null = null): Reader<T> {
  return (text, keyword, lookups) => {
    const taken = reader(text, keyword, lookups);
    if (taken.taken !== 'value' || taken.value !== 0) return taken;
    if (taken.complaint !== null) return { taken: 'unset', complaint: taken.complaint };
    return {
      taken: 'unset',
      complaint: { severity: 'notice', code: 'zero-is-unset', text: `${keyword} 0 counts as not set`, hint },
    };
  };
}

/** A word that stands for a value, or else what `other` reads. */
export function wordOr<W, T>(words: Readonly<Record<string, W>>, other: Reader<T>): Reader<W | T> {
  return (text, keyword, lookups) =>
    Object.hasOwn(words, text) ? value(words[text] as W) : other(text, keyword, lookups);
}

/** One of these words and no other. */
export function oneOf<T>(words: Readonly<Record<string, T>>): Reader<T> {
  return wordOr(words, (text, keyword) => bad(text, keyword, hintForChoice(text, Object.keys(words))));
}

/** A longer word is no slip, and the comparison takes time. */
const LONGEST_SLIP = 40;

/** The word that was probably meant, or all possible words. */
export function hintForChoice(text: string, choices: readonly string[]): string {
  const meant = text.length > LONGEST_SLIP ? null : suggestion(text, choices);
  return meant === null ? `it is one of: ${choices.join(', ')}` : `did you mean ${meant}?`;
}

/** Words that stand for themselves. */
export function words<T extends string>(...list: readonly T[]): Reader<T> {
  return oneOf(themselves(list));
}

function themselves<T extends string>(list: readonly T[]): Record<string, T> {
  return Object.fromEntries(list.map((word) => [word, word]));
}

export const yesNo: Reader<boolean> = oneOf<boolean>({ yes: true, no: false, 1: true, 0: false });

/** `no`, 0, or a number. */
export const offOrNumber: Reader<'off' | number> = wordOr(
  { no: 'off', 0: 'off' } as const,
  integer(1, INT_MAX, 'it is no, or a number, 1 or more'),
);

/** `off`, or a number. A number below 0 becomes 1, since multipath-tools gives 0 a meaning of its own. */
export function offOrUpTo(most: number): Reader<'off' | number> {
  return wordOr({ off: 'off', 0: 0 } as const, integer(1, most, `it is off, or a number${range(0, most)}`));
}

/** The text without a change. */
export const anyText: Reader<string> = (text) => value(text);

/** One of these words. A value that only begins with a word counts as this word. */
export function prefixOf<T extends string>(...list: readonly T[]): Reader<T> {
  const whole = words(...list);
  return (text, keyword, lookups) => {
    const meant = list.find((word) => text.startsWith(word));
    if (meant === undefined || meant === text) return whole(text, keyword, lookups);
    return value(meant, {
      ...warning('unknown-name', `"${text}" is taken for ${keyword} ${meant}`),
      severity: 'notice',
    });
  };
}

/** Names of parts that multipath-tools loads. mpathd has no others. */
export function nameOf(what: string, list: readonly string[]): Reader<string> {
  return (text, keyword) => {
    if (list.includes(text)) return value(text);
    return {
      taken: 'nothing',
      complaint: warning('unknown-name', `${keyword}: there is no ${what} "${text}"`, hintForChoice(text, list)),
    };
  };
}

/** A text that becomes part of file names. */
export const noSlash: Reader<string> = (text) =>
  text.includes('/')
    ? { taken: 'nothing', complaint: warning('slash', `${text} cannot contain a slash. Ignoring`) }
    : value(text);

/** Words. The word at `index` is the number of the words after it. */
export function counted(index: number): Reader<string> {
  return (text, keyword) => {
    const parts = text.split(/[\t-\r ]+/).filter((part) => part !== '');
    const told = (problem: string, hint: string): Taken<string> => ({
      taken: 'nothing',
      complaint: warning('argument-count', `${problem} argument count for ${keyword}. Ignoring`, hint),
    });
    const count = parts[index];
    const place = index === 0 ? 'first' : 'second';
    if (count === undefined || !/^[+-]?\d+$/.test(count) || Number(count) < 0)
      return told('missing', `its ${place} word is the number of those after it`);
    const following = parts.length - index - 1;
    return Number(count) === following
      ? value(text)
      : told('mismatched', `its ${place} word is ${count}, but ${following} follow`);
  };
}
