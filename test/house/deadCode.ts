/**
 * Finds exports of `src` that the product does not use. It uses regular expressions, so that it takes a second and not
 * the minute of a type checker: a name counts as used if it stands anywhere as a word outside of comments.
 */
import { dirname, join } from 'node:path/posix';

/** The texts by their paths from the repository's root. */
export type Files = ReadonlyMap<string, string>;

interface Export {
  file: string;
  name: string;
  isType: boolean;
}

const DECLARATION =
  /^export (?:declare |abstract |async )*(function\*?|const|let|class|enum|interface|type) ([A-Za-z_$][\w$]*)/gm;
const IMPORT = /^(?:import|export)\s(?:type\s)?(?:(\*)\sas\s([\w$]+)|\{([^}]*)\})\sfrom\s'(\.[^']*)'/gm;

const withoutComments = (text: string): string => text.replace(/^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

function timesOf(name: string, text: string): number {
  return text.match(new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`, 'g'))?.length ?? 0;
}

function exportsOf(file: string, text: string): Export[] {
  return [...text.matchAll(DECLARATION)].map(([, kind, name = '']) => ({
    file,
    name,
    isType: kind === 'interface' || kind === 'type',
  }));
}

function fileOf(importer: string, specifier: string, files: Files): string {
  const path = join(dirname(importer), specifier);
  return files.has(`${path}.ts`) ? `${path}.ts` : `${path}/index.ts`;
}

/** `file name` for each import of a file. For a namespace: each name that is used of it. */
function importsOf(importer: string, text: string, files: Files): string[] {
  return [...text.matchAll(IMPORT)].flatMap(([, star, namespace = '', names = '', specifier = '']) => {
    const file = fileOf(importer, specifier, files);
    const asked =
      star === undefined
        ? names.split(',').map((name) =>
            name
              .trim()
              .replace(/^type /, '')
              .replace(/ as .*$/s, ''),
          )
        : [...text.matchAll(new RegExp(`\\b${namespace}\\.([\\w$]+)`, 'g'))].map(([, name = '']) => name);
    return asked.map((name) => `${file} ${name}`);
  });
}

/** One line for each unused export. Entry points export nothing, so no file is excepted. */
export function deadCode(files: Files): string[] {
  const bare = new Map([...files].map(([path, text]) => [path, withoutComments(text)]));
  const bySrc = new Set<string>();
  const byTests = new Set<string>();
  for (const [path, text] of bare) {
    for (const imported of importsOf(path, text, files)) (path.startsWith('src/') ? bySrc : byTests).add(imported);
  }
  const found: string[] = [];
  for (const [path, text] of bare) {
    if (!path.startsWith('src/')) continue;
    for (const { file, name, isType } of exportsOf(path, text)) {
      if (bySrc.has(`${file} ${name}`)) continue;
      if (timesOf(name, text) < 2) found.push(`${file}: ${name} is used by nothing in src`);
      // A type belongs to the value whose type it is.
      else if (!isType && !byTests.has(`${file} ${name}`)) found.push(`${file}: ${name} needs no export`);
    }
  }
  return found.sort();
}
