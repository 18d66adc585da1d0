import fc from 'fast-check';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * A configuration that both get: NAME.conf in this folder, with the files beside it in /etc/multipath (the folder
 * NAME).
 */
export interface Case {
  readonly name: string;
  /** The first comment of the file. */
  readonly about: string;
  /** The files below /etc, with their texts. */
  readonly files: Readonly<Record<string, string>>;
  /** The case whose maps, bindings and wwids exist before this case; null: nothing exists. */
  readonly after: string | null;
}

/** One step of guest/configurations.py. */
export interface Step {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly keep: boolean;
}

const MAIN_FILE = 'multipath.conf';

const filesBelow = (directory: string, place: string): Array<[string, string]> => {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const [source, target] = [join(directory, entry.name), `${place}/${entry.name}`];
    return entry.isDirectory()
      ? filesBelow(source, target)
      : [[target, readFileSync(source, 'utf8')] as [string, string]];
  });
};

const readCase = (directory: string, file: string): Case => {
  const name = basename(file, '.conf');
  const text = readFileSync(join(directory, file), 'utf8');
  const about = /^[#!] (.+)\n/.exec(text)?.[1];
  if (about === undefined) throw new Error(`${file} does not begin with a comment that says what it is about`);
  return {
    name,
    about,
    files: { [MAIN_FILE]: text, ...Object.fromEntries(filesBelow(join(directory, name), 'multipath')) },
    after: /^# after: (.+)$/m.exec(text)?.[1] ?? null,
  };
};

/** All cases, by name. */
export const readCases = (directory = __dirname): Case[] =>
  readdirSync(directory)
    .filter((file) => file.endsWith('.conf'))
    .sort()
    .map((file) => readCase(directory, file));

/** The steps for these cases, each after the step that it follows. */
export const stepsOf = (cases: readonly Case[]): Step[] =>
  cases.flatMap(({ name, files, after }) => {
    const own = { name, files, keep: after !== null };
    if (after === null) return [own];
    const before = cases.find((one) => one.name === after);
    if (before === undefined || before.after !== null)
      throw new Error(`${name} comes after ${after}, which is no case that begins with nothing`);
    return [{ name: `${after} before ${name}`, files: before.files, keep: false }, own];
  });

/** Title of the second test of a case. The title of the first test says what the case is about. */
export const AS_PLANNED = 'mpathd did what it had planned';

/**
 * The cases to make for the tests that `names` matches (jest's --testNamePattern; undefined: all), with the cases that
 * they are compared with and that they follow. Each case costs some four seconds in the guest.
 */
export const chosenCases = (cases: readonly Case[], names: string | undefined, compared: string): Case[] => {
  if (names === undefined) return [...cases];
  const pattern = new RegExp(names, 'i');
  const chosen = cases.filter(({ name, about }) =>
    [about, AS_PLANNED].some((title) => pattern.test(`${name} ${title}`)),
  );
  const wanted = new Set([compared, ...chosen.flatMap(({ name, after }) => (after === null ? [name] : [name, after]))]);
  return cases.filter(({ name }) => wanted.has(name));
};

/** Some cases, by chance, with those that they follow. */
export const sampleOf = (cases: readonly Case[], count: number, seed: number): Case[] => {
  const names = fc.sample(
    fc.shuffledSubarray(
      cases.map(({ name }) => name),
      { minLength: count, maxLength: count },
    ),
    {
      seed,
      numRuns: 1,
    },
  )[0]!;
  const wanted = new Set(cases.flatMap(({ name, after }) => (names.includes(name) ? [name, after ?? name] : [])));
  return cases.filter(({ name }) => wanted.has(name));
};
