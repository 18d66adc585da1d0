/**
 * Exports of `src` that the product has no use for. By regular expressions, so that it takes a second and not the
 * minute of a type checker: a name counts as used wherever it stands as a word outside of comments.
 */
import { dirname, join } from 'node:path/posix';

/** Paths from the repository's root, and the texts. */
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

/** `file name` of all that a file imports. Of a namespace all that is asked of it. */
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

/** What is wrong, a line for each export. Entry points export nothing, so that none is spared. */
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
      // A type belongs to what it is the type of.
      else if (!isType && !byTests.has(`${file} ${name}`)) found.push(`${file}: ${name} needs no export`);
    }
  }
  return found.sort();
}
