/** Texts of the test vectors, as inputs to start from. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, process.env['FUZZ_ROOT'] ?? '../../..');

/** A file of the repository. */
export function fileOf(path: string): Buffer {
  return readFileSync(join(ROOT, path));
}

/** All texts under one of these keys, at any depth of a file of vectors. */
export function textsOf(vectors: string, ...keys: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (value: unknown, key: string): void => {
    if (typeof value === 'string' && keys.includes(key)) found.push(value);
    if (Array.isArray(value)) for (const item of value) visit(item, key);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) visit(inner, name);
  };
  visit(JSON.parse(fileOf(`test/vectors/${vectors}.json`).toString()), '');
  return found;
}
