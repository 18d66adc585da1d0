/** Readers of the values of keywords: the text, and what becomes of it. */
import { suggestion } from '../suggest';
import type { FindingCode, Severity } from './findings';

/** Something wrong with a value; `text` is put after `FILE line N, `. */
export interface Complaint {
  severity: Severity;
  code: FindingCode;
  text: string;
  hint: string | null;
  /** Where in the value, from 0; the whole value if it is not there. */
  at?: number;
}

/** What a value comes to. */
export type Taken<T> =
  | { taken: 'value'; value: T; complaint: Complaint | null }
  /** As if the line were not there. */
  | { taken: 'nothing'; complaint: Complaint }
  /** What was set before in this section is set no longer. */
  | { taken: 'unset'; complaint: Complaint | null }
  /** The file cannot be used, if it is the main one. */
  | { taken: 'refused'; hint: string };

/** Names of accounts; null: there is none of that name. */
export interface Lookups {
  uid(name: string): number | null;
  gid(name: string): number | null;
}

/** Takes the text of a value; the keyword is there for what is told. */
export type Reader<T> = (text: string, keyword: string, lookups: Lookups) => Taken<T>;

/** Largest `int` of C. */
export const INT_MAX = 0x7fffffff;
const UINT_MAX = 0xffffffff;

function value<T>(taken: T, complaint: Complaint | null = null): Taken<T> {
  return { taken: 'value', value: taken, complaint };
}

/** A complaint of the value as a whole. */
export function warning(code: FindingCode, text: string, hint: string | null = null): Complaint {
  return { severity: 'warning', code, text, hint };
}

function bad(text: string, keyword: string, hint: string): Taken<never> {
  return { taken: 'nothing', complaint: warning('bad-value', `invalid value for ${keyword}: "${text}"`, hint) };
}

const DECIMAL = /^[\t-\r ]*([+-]?\d+)[\t-\r ]*$/;

/** Decimal, cut to the bounds. */
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

/** Seconds, 1 or more; what is out of range is not cut but wrong. */
export const interval: Reader<number> = (text, keyword) => {
  const digits = /^[\t-\r ]*(\d+)[\t-\r ]*$/.exec(text)?.[1];
  const number = Number(digits ?? 0);
  return number > 0 && number <= UINT_MAX ? value(number) : bad(text, keyword, 'it is a number of seconds, 1 or more');
};

/** Of a number for which 0 stands for none at all. */
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

/** A word that stands for something, or what `other` makes of it. */
export function wordOr<W, T>(words: Readonly<Record<string, W>>, other: Reader<T>): Reader<W | T> {
  return (text, keyword, lookups) =>
    Object.hasOwn(words, text) ? value(words[text] as W) : other(text, keyword, lookups);
}

/** One of these words and no other. */
export function oneOf<T>(words: Readonly<Record<string, T>>): Reader<T> {
  return wordOr(words, (text, keyword) => bad(text, keyword, hintForChoice(text, Object.keys(words))));
}

/** Longer words are nobody's slip, and to compare them takes time. */
const LONGEST_SLIP = 40;

/** The word that was meant, or all that there are. */
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

/** `off`, or a number; less than 0 is cut to 1, as multipath-tools takes 0 for a word of its own. */
export function offOrUpTo(most: number): Reader<'off' | number> {
  return wordOr({ off: 'off', 0: 0 } as const, integer(1, most, `it is off, or a number${range(0, most)}`));
}

/** As it stands. */
export const anyText: Reader<string> = (text) => value(text);

/** The beginning of the word decides. */
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

/** Names of parts that multipath-tools loads; there are no others here. */
export function nameOf(what: string, list: readonly string[]): Reader<string> {
  return (text, keyword) => {
    if (list.includes(text)) return value(text);
    return {
      taken: 'nothing',
      complaint: warning('unknown-name', `${keyword}: there is no ${what} "${text}"`, hintForChoice(text, list)),
    };
  };
}

/** Ends up in the names of files. */
export const noSlash: Reader<string> = (text) =>
  text.includes('/')
    ? { taken: 'nothing', complaint: warning('slash', `${text} cannot contain a slash. Ignoring`) }
    : value(text);

/** Words, of which the one at `index` counts those that follow. */
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
