import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/* The last lines of a test run, from results as jest writes them. */
const SUMMARY = resolve(__dirname, '..', 'scripts', 'summary.js');
const CHECKOUT = resolve(__dirname, '..');
let directory: string;

beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'mpathd-summary-')); });
afterEach(() => rmSync(directory, { recursive: true }));

type Status = 'passed' | 'failed' | 'pending';

/** A result file: for each test file the statuses of its tests. */
const results = (name: string, files: Readonly<Record<string, readonly Status[]>>): string => {
  const path = join(directory, `${name}.json`);
  const testResults = Object.entries(files).map(([file, statuses]) => ({
    name: join(CHECKOUT, file),
    status: statuses.length === 0 || statuses.includes('failed') ? 'failed' : 'passed',
    assertionResults: statuses.map((status) => ({ status })),
  }));
  writeFileSync(path, JSON.stringify({ testResults }));
  return path;
};

const summary = (...paths: string[]): { status: number | null; lines: string[] } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SUMMARY, ...paths], { cwd: CHECKOUT, encoding: 'utf8' });
  expect(stderr).toBe('');
  return { status, lines: stdout.trimEnd().split('\n') };
};

test('what all projects counted, one after the other and together', () => {
  const unit = results('unit', { 'test/a.test.ts': ['passed', 'passed'] });
  const vm = results('vm', { 'test/vm/b.test.ts': ['passed', 'pending'] });
  expect(summary(unit, vm)).toEqual({ status: 0, lines: ['unit: 2 passed, 0 failed', 'vm: 1 passed, 0 failed', '3 passed, 0 failed, 1 skipped'] });
});

test.each<{ what: string; files: Readonly<Record<string, readonly Status[]>>; last: string }>([
  { what: 'one that failed', files: { 'test/a.test.ts': ['passed', 'failed'] }, last: '1 passed, 1 failed, 0 skipped' },
  { what: 'a file that could not be run', files: { 'test/a.test.ts': ['passed'], 'test/b.test.ts': [] }, last: '1 passed, 1 failed, 0 skipped' },
  { what: 'no test at all', files: {}, last: '0 passed, 0 failed, 0 skipped' },
])('$what is a failure', ({ files, last }) => {
  const { status, lines } = summary(results('unit', files));
  expect({ status, last: lines.at(-1) }).toEqual({ status: 1, last });
});

describe.each([{ order: 'the first run first' }, { order: 'as the shell sorts them' }])('a file that ran twice, $order', ({ order }) => {
  const both = (second: readonly Status[]): { status: number | null; lines: string[] } => {
    const first = results('vm', { 'test/vm/a.test.ts': ['passed', 'failed'], 'test/vm/b.test.ts': ['passed'] });
    const again = results('vm-again', { 'test/vm/a.test.ts': second });
    return order === 'as the shell sorts them' ? summary(again, first) : summary(first, again);
  };

  test('counts by its second run, and is told', () => {
    expect(both(['passed', 'passed'])).toEqual({
      status: 0,
      lines: ['test/vm/a.test.ts failed, and ran once more: passed', 'vm: 3 passed, 0 failed', '3 passed, 0 failed, 0 skipped'],
    });
  });

  test('and failed twice is a failure', () => {
    expect(both(['failed', 'passed'])).toEqual({
      status: 1,
      lines: ['test/vm/a.test.ts failed, and ran once more: failed', 'vm: 2 passed, 1 failed', '2 passed, 1 failed, 0 skipped'],
    });
  });
});
