/**
 * Vectors are cases with known answers in JSON: `{ about, source, cases: [{ id, … }] }`. A runner gives the cases of
 * one file to the product's functions, and asserts what each case expects.
 */

/** One case. It is untrusted: the functions below read its fields. */
export type VectorCase = Readonly<Record<string, unknown>> & { readonly id: string };

/** `unsupported` names the missing part. Every other case passes or throws. */
export type VectorOutcome = 'passed' | { unsupported: string };

export interface VectorRunner {
  /** Name of the JSON file without its extension. */
  file: string;
  run(c: VectorCase): VectorOutcome;
}

export type Fields = Readonly<Record<string, unknown>>;

function bad(what: string, value: unknown): never {
  throw new TypeError(`vector: ${what} expected, found ${JSON.stringify(value)}`);
}

export function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : bad('object', value);
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : bad('list', value);
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : bad('text', value);
}

export function number(value: unknown): number {
  return typeof value === 'number' ? value : bad('number', value);
}

export function flag(value: unknown): boolean {
  return typeof value === 'boolean' ? value : bad('true or false', value);
}

/** null and a missing field are the same in vectors. */
export function optional<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null || value === undefined ? null : read(value);
}

/** The cases of a file's parsed JSON. */
export function casesOf(json: unknown): VectorCase[] {
  return list(record(json)['cases']).map((entry) => {
    const fields = record(entry);
    return { ...fields, id: text(fields['id']) };
  });
}
