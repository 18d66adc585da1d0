/** Reads an untrusted JSON value field by field. Each wrong field is reported with its path. */

export interface Complaint {
  path: string;
  message: string;
}

/** One JSON object. The caller asks for each known field once; all other fields are reported as unknown. */
export interface Fields {
  readonly path: string;
  has(key: string): boolean;
  text(key: string, pattern: RegExp, what: string, fallback?: string): string;
  number(key: string, min: number, max: number, fallback?: number): number;
  integer(key: string, min: number, max: number, fallback?: number): number;
  flag(key: string, fallback: boolean): boolean;
  oneOf<T extends string>(key: string, choices: readonly T[], fallback?: T): T;
  list(key: string, max: number): Array<{ path: string; value: unknown }>;
  raw(key: string): unknown;
  complain(key: string, message: string): void;
  /** Reports every field that the caller did not ask for. */
  finish(): void;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const at = (path: string, key: string): string => (path === '' ? key : key === '' ? path : `${path}.${key}`);

/** Reports a value that is no object, and reads it as an empty object. */
export function readFields(value: unknown, path: string, complaints: Complaint[]): Fields {
  const complain = (key: string, message: string): void => void complaints.push({ path: at(path, key), message });
  const source = isObject(value) ? value : {};
  if (!isObject(value)) complain('', 'must be an object');
  const asked = new Set<string>();
  const take = (key: string): unknown => {
    asked.add(key);
    return Object.hasOwn(source, key) ? source[key] : undefined;
  };
  const number = (key: string, min: number, max: number, whole: boolean, fallback?: number): number => {
    const got = take(key);
    if (got === undefined && fallback !== undefined) return fallback;
    const good = typeof got === 'number' && got >= min && got <= max && (!whole || Number.isInteger(got));
    if (!good) complain(key, `must be a${whole ? ' whole' : ''} number from ${min} to ${max}`);
    return good ? got : min;
  };
  return {
    path,
    has: (key) => Object.hasOwn(source, key),
    text: (key, pattern, what, fallback) => {
      const got = take(key);
      if (got === undefined && fallback !== undefined) return fallback;
      if (typeof got === 'string' && pattern.test(got)) return got;
      complain(key, `must be ${what}`);
      return '';
    },
    number: (key, min, max, fallback) => number(key, min, max, false, fallback),
    integer: (key, min, max, fallback) => number(key, min, max, true, fallback),
    flag: (key, fallback) => {
      const got = take(key);
      if (got === undefined) return fallback;
      if (typeof got !== 'boolean') complain(key, 'must be true or false');
      return got === true;
    },
    oneOf: <T extends string>(key: string, choices: readonly T[], fallback?: T): T => {
      const got = take(key);
      if (got === undefined && fallback !== undefined) return fallback;
      const found = choices.find((c) => c === got);
      if (found === undefined) complain(key, `must be one of ${choices.join(', ')}`);
      return found ?? (choices[0] as T);
    },
    list: (key, max) => {
      const got = take(key);
      if (got === undefined) return [];
      if (!Array.isArray(got)) {
        complain(key, 'must be a list');
        return [];
      }
      if (got.length > max) complain(key, `has more than ${max} entries`);
      return got.slice(0, max).map((entry: unknown, n) => ({ path: `${at(path, key)}[${n}]`, value: entry }));
    },
    raw: take,
    complain,
    finish: () => {
      for (const key of Object.keys(source)) if (!asked.has(key)) complain(key, 'is not a known field');
    },
  };
}
