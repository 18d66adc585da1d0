import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['rules.h', 'rules.c', 'ioctl_fault.c'].map((name) => join(__dirname, name));

/**
 * Compiles the fault library into the cache, unless the library of this very source is there already. Returns its path.
 */
export const buildFaultLibrary = (cache: string): string => {
  const hash = createHash('sha256');
  for (const source of SOURCES) hash.update(readFileSync(source));
  const library = join(cache, `ioctl_fault-${hash.digest('hex').slice(0, 16)}.so`);
  if (existsSync(library)) return library;
  // The guest runs the same release as this machine, so it has the same libc.
  const unfinished = `${library}.${process.pid}`;
  const files = SOURCES.filter((source) => source.endsWith('.c'));
  execFileSync('gcc', [
    '-shared',
    '-fPIC',
    '-fvisibility=hidden',
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-o',
    unfinished,
    ...files,
    '-lpthread',
  ]);
  renameSync(unfinished, library);
  return library;
};
