import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deadCode } from './deadCode';

const ROOT = join(__dirname, '../..');

/** All TypeScript files of the product and its tests. */
function readAll(): Map<string, string> {
  const files = ['src', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  );
  return new Map(
    files.filter((name) => name.endsWith('.ts')).map((name) => [name, readFileSync(join(ROOT, name), 'utf8')]),
  );
}

test('all that src exports is used by the product', () => {
  expect(deadCode(readAll())).toEqual([]);
});

const A = 'export function one(): void {}\n';

test.each<[string, Record<string, string>, string[]]>([
  ['imported by the product', { 'src/a.ts': A, 'src/b.ts': "import { one } from './a';\none();\n" }, []],
  [
    'imported among others',
    { 'src/a.ts': A, 'src/b.ts': "import {\n  type Two,\n  one as first,\n} from './a';\n" },
    [],
  ],
  ['imported from a folder', { 'src/a/index.ts': A, 'src/b.ts': "import { one } from './a';\n" }, []],
  ['asked of a namespace', { 'src/a.ts': A, 'src/b.ts': "import * as a from './a';\na.one();\n" }, []],
  ['passed on', { 'src/a.ts': A, 'src/b.ts': "export { one } from './a';\n" }, []],
  [
    'imported by a test only',
    { 'src/a.ts': A, 'test/a.test.ts': "import { one } from '../src/a';\n" },
    ['src/a.ts: one is used by nothing in src'],
  ],
  [
    'not asked of a namespace',
    { 'src/a.ts': A, 'src/b.ts': "import * as a from './a';\na.two();\n" },
    ['src/a.ts: one is used by nothing in src'],
  ],
  [
    'imported from another file',
    { 'src/a.ts': A, 'src/b.ts': "import { one } from './c';\n" },
    ['src/a.ts: one is used by nothing in src'],
  ],
  [
    'named in its file, and in a test',
    { 'src/a.ts': `${A}one();\n`, 'test/a.test.ts': "import { one } from '../src/a';\n" },
    [],
  ],
  ['named in its file, imported by nobody', { 'src/a.ts': `${A}one();\n` }, ['src/a.ts: one needs no export']],
  ['named in a comment', { 'src/a.ts': `/** one */\n${A}// one\n` }, ['src/a.ts: one is used by nothing in src']],
  ['a part of another word', { 'src/a.ts': `${A}onely();\n` }, ['src/a.ts: one is used by nothing in src']],
  [
    'a type of what is exported',
    { 'src/a.ts': 'export type T = 1;\nexport const t: T = 1;\n', 'src/b.ts': "import { t } from './a';\n" },
    [],
  ],
  ['a type of nothing', { 'src/a.ts': 'export interface T {}\n' }, ['src/a.ts: T is used by nothing in src']],
])('an export that is %s', (_, files, found) => {
  expect(deadCode(new Map(Object.entries(files)))).toEqual(found);
});
