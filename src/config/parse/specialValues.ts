/** Readers of values that need a reader of their own. */
import { compileEre } from '../ere';
import { parseReservationKey } from '../reservationKey';
import { counted, hintForChoice, INT_MAX, integer, noSlash, oneOf, warning, type Reader, type Taken } from './values';

/** The greatest length of device-mapper's names and UUIDs, without the zero byte. */
const LONGEST_NAME = 127;

const encoder = new TextEncoder();

function unusable(text: string): string | null {
  if (text === '') return 'it is empty';
  if (text === '.' || text === '..') return 'it is the name of a folder';
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'it has control characters';
  return encoder.encode(text).length > LONGEST_NAME ? `it is longer than ${LONGEST_NAME} bytes` : null;
}

/** The name of a map. */
export const alias: Reader<string> = (text, keyword, lookups) => {
  const taken = noSlash(text, keyword, lookups);
  const reason = unusable(text);
  if (taken.taken !== 'value' || reason === null) return taken;
  return {
    taken: 'nothing',
    complaint: warning('unusable-name', `${keyword} "${text}" cannot be the name of a map: ${reason}`),
  };
};

/** The WWID of a map. */
export const wwid: Reader<string> = (text, keyword) => {
  const odd = unusable(text) ?? (/[\s/]/.test(text) ? 'it has blanks or slashes' : null);
  return {
    taken: 'value',
    value: text,
    complaint: odd === null ? null : warning('unusable-name', `${keyword} "${text}" is that of no map: ${odd}`),
  };
};

/** A pattern for which a wrong value is not fatal: a wrong pattern matches nothing. */
export const pattern: Reader<string> = (text, keyword) => {
  const compiled = compileEre(text);
  if (compiled.ok) return { taken: 'value', value: text, complaint: null };
  const complaint = {
    ...warning('bad-pattern', `${keyword} matches nothing: ${compiled.reason}`, patternHint(text)),
    at: compiled.at,
  };
  return { taken: 'value', value: text, complaint };
};

/** A hint for the most common mistakes. */
export function patternHint(text: string): string | null {
  return /^!?\*$/.test(text) ? 'did you mean ".*"? It is an extended regular expression' : null;
}

/** Permission bits, octal. */
export const mode: Reader<number> = (text, keyword) => {
  const digits = /^[\t-\r ]*([0-7]+)[\t-\r ]*$/.exec(text)?.[1];
  const bits = parseInt(digits ?? '', 8);
  if (bits <= 0o777) return { taken: 'value', value: bits, complaint: null };
  return {
    taken: 'nothing',
    complaint: warning('bad-value', `invalid value for ${keyword}: "${text}"`, 'it is octal, 0777 at most'),
  };
};

/** A number, or a name that is looked up. */
export function account(kind: 'uid' | 'gid'): Reader<number> {
  return (text, keyword, lookups) => {
    const digits = /^[\t-\r ]*(\d+)[\t-\r ]*$/.exec(text)?.[1];
    const id = lookups[kind](text) ?? (digits === undefined ? null : Number(digits));
    // The largest number stands for no account.
    if (id !== null && id < 0xffffffff) return { taken: 'value', value: id, complaint: null };
    return {
      taken: 'nothing',
      complaint: warning(
        'bad-value',
        `invalid value for ${keyword}: "${text}"`,
        `it is a number, or a name in ${kind === 'uid' ? '/etc/passwd' : '/etc/group'}`,
      ),
    };
  };
}

/** The key itself is a secret, so the reader does not pass it on. */
export const reservationKey: Reader<'file' | 'set'> = (text) => {
  if (text === 'file') return { taken: 'value', value: 'file', complaint: null };
  if (parseReservationKey(text) === null)
    return { taken: 'refused', hint: 'it is file, or up to 16 hex digits, not all of them 0' };
  return { taken: 'value', value: 'set', complaint: null };
};

/** `sd:ID_SERIAL nvme:ID_WWN` */
export const uidAttrs: Reader<string> = (text, keyword) => {
  const parts = text.split(/[\t-\r ]+/).filter((part) => part !== '');
  const good = parts.filter((part) => /^[^:]+:./.test(part));
  const complaint = warning('uid-attrs', `error parsing ${keyword}: "${text}"`, 'its words are like sd:ID_SERIAL');
  if (good.length === 0) return { taken: 'nothing', complaint };
  return { taken: 'value', value: good.join(' '), complaint: good.length === parts.length ? null : complaint };
};

const FLUSH = oneOf({ always: 'always', unused: 'unused', never: 'never' } as const);
const FORMER_FLUSH: Readonly<Record<string, 'always' | 'unused'>> = { yes: 'always', no: 'unused' };

/** Formerly the values were yes and no. */
export const flushOnLastDel: Reader<'always' | 'unused' | 'never'> = (text, keyword, lookups) => {
  const meant = Object.hasOwn(FORMER_FLUSH, text) ? FORMER_FLUSH[text] : undefined;
  if (meant === undefined) return FLUSH(text, keyword, lookups);
  const told = `"${text}" is a deprecated value for ${keyword} and is treated as "${meant}"`;
  return {
    taken: 'value',
    value: meant,
    complaint: { severity: 'notice', code: 'deprecated-value', text: told, hint: `write ${keyword} ${meant}` },
  };
};

const SHORTEST_TIMEOUT = 4000;

/** ms. multipathd raises a smaller value, or a value that is no number, without a message. */
export const uxsockTimeout: Reader<number> = (text, keyword) => {
  const digits = /^[\t-\r ]*\+?(\d+)/.exec(text)?.[1];
  const wanted = Math.min(Number(digits ?? 0), INT_MAX);
  if (wanted >= SHORTEST_TIMEOUT) return { taken: 'value', value: wanted, complaint: null };
  return {
    taken: 'value',
    value: SHORTEST_TIMEOUT,
    complaint: warning(
      'raised',
      `${keyword} "${text}" is raised to ${SHORTEST_TIMEOUT}`,
      `it is a number of milliseconds, ${SHORTEST_TIMEOUT} or more`,
    ),
  };
};

const SELECTORS = ['service-time', 'round-robin', 'queue-length', 'historical-service-time', 'io-affinity'];
const SELECTOR = counted(1);

/** The kernel refuses every table with a selector that it does not have. */
export const pathSelector: Reader<string> = (text, keyword, lookups) => {
  const taken = SELECTOR(text, keyword, lookups);
  const [name = ''] = text.trim().split(/[\t-\r ]+/);
  if (taken.taken !== 'value' || SELECTORS.includes(name)) return taken;
  return {
    taken: 'nothing',
    complaint: warning('unknown-name', `${keyword}: there is no selector "${name}"`, hintForChoice(name, SELECTORS)),
  };
};

const DEV_LOSS = integer(0, INT_MAX, 'it is infinity, or a number of seconds');

export const devLossTmo: Reader<'infinity' | number> = (text, keyword, lookups): Taken<'infinity' | number> =>
  text === 'infinity' ? { taken: 'value', value: 'infinity', complaint: null } : DEV_LOSS(text, keyword, lookups);

/** The part of an alias before its letters. */
export const aliasPrefix: Reader<string> = (text, keyword, lookups) => {
  const taken = noSlash(text, keyword, lookups);
  const reason = text === '' ? null : unusable(text);
  if (taken.taken !== 'value' || reason === null) return taken;
  return {
    taken: 'nothing',
    complaint: warning('unusable-name', `${keyword} "${text}" cannot begin the name of a map: ${reason}`),
  };
};
