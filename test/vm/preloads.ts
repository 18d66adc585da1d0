import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const FAULTS = ['rules.h', 'rules.c', 'ioctl_fault.c'].map((name) => join(__dirname, 'faults', name));
const REGISTERS = [join(__dirname, 'umlRegisters.c')];

/** Compiles a library to be preloaded, unless the library of this very source is in the cache. Returns its path. */
const build = (name: string, sources: readonly string[], cache: string): string => {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(source));
  const library = join(cache, `${name}-${hash.digest('hex').slice(0, 16)}.so`);
  if (existsSync(library)) return library;
  // The guest runs the same release as this machine, so it has the same libc.
  const unfinished = `${library}.${process.pid}`;
  const files = sources.filter((source) => source.endsWith('.c'));
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

/** The library that makes ioctls fail in the guest. */
export const buildFaultLibrary = (cache: string): string => build('ioctl_fault', FAULTS, cache);

/** The library with which User Mode Linux runs on processors with more registers than it knows. */
export const buildRegisterLibrary = (cache: string): string => build('uml_registers', REGISTERS, cache);
