import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Imports run downwards only, and the pure folders import nothing of Node (docs/design.md, "The idea"). */
const ROOT = join(__dirname, '..');

const REFUSED = [
  ['src/model/path.ts', "import { x } from '../engine/engine';\nexport const y = x;\n"],
  ['src/policy/table.ts', "import { x } from '../config/bindings';\nexport const y = x;\n"],
  ['src/engine/engine.ts', "import { x } from '../kernel/ports';\nexport const y = x;\n"],
  ['src/kernel/ports.ts', "import { x } from '../simulator';\nexport const y = x;\n"],
  ['src/daemon/runtime.ts', "import { x } from '../ipc/server';\nexport const y = x;\n"],
  ['src/engine/engine.ts', "import { readFileSync } from 'node:fs';\nexport const y = readFileSync;\n"],
  ['src/config/bindings.ts', "import { readFileSync } from 'fs';\nexport const y = readFileSync;\n"],
] as const;

const ALLOWED = [
  ['src/engine/engine.ts', "import { x } from '../policy/table';\nexport const y = x;\n"],
  ['src/cli/mpathd.ts', "import { x } from '../ipc/server';\nexport const y = x;\n"],
  ['src/kernel/clock.ts', "import { readFileSync } from 'node:fs';\nexport const y = readFileSync;\n"],
] as const;

/**
 * All texts go through one process, because ESLint takes seconds to start. ESLint treats each text as the contents of a
 * file that exists.
 */
const SCRIPT = `
  const { ESLint } = require('eslint');
  const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
  (async () => {
    const eslint = new ESLint();
    const counts = [];
    for (const [filePath, text] of cases) {
      const [result] = await eslint.lintText(text, { filePath });
      counts.push(result.messages.filter((m) => String(m.ruleId).includes('no-restricted-imports')).length);
    }
    process.stdout.write(JSON.stringify(counts));
  })();
`;

describe('the lint rule', () => {
  let counts: number[] = [];
  beforeAll(() => {
    const input = JSON.stringify([...REFUSED, ...ALLOWED]);
    counts = JSON.parse(
      execFileSync(process.execPath, ['-e', SCRIPT], { cwd: ROOT, input, encoding: 'utf8' }),
    ) as number[];
  }, 120_000);

  it.each(REFUSED.map(([file, text], at) => ({ file, text, at })))('refuses in $file: $text', ({ at }) => {
    expect(counts[at]).toBe(1);
  });

  it.each(ALLOWED.map(([file, text], at) => ({ file, text, at })))('allows in $file: $text', ({ at }) => {
    expect(counts[REFUSED.length + at]).toBe(0);
  });
});
