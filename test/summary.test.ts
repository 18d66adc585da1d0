import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/* The last lines of a test run, from result files in the form of jest, scripts/test and the VM tests. */
const SUMMARY = resolve(__dirname, '..', 'scripts', 'summary.js');
const CHECKOUT = resolve(__dirname, '..');
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mpathd-summary-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

type Status = 'passed' | 'failed' | 'pending';

/** A project's result file: for each test file the statuses of its tests, and how long it took. */
const results = (project: string, files: Readonly<Record<string, readonly Status[]>>, seconds = 0): void => {
  const testResults = Object.entries(files).map(([file, statuses]) => ({
    name: join(CHECKOUT, file),
    status: statuses.length === 0 || statuses.includes('failed') ? 'failed' : 'passed',
    startTime: 1_000,
    endTime: 1_000 + seconds * 1_000,
    assertionResults: statuses.map((status) => ({ status })),
  }));
  writeFileSync(join(directory, `${project}.json`), JSON.stringify({ testResults }));
};
const jsonLines = (name: string, objects: readonly object[]): void =>
  writeFileSync(join(directory, name), objects.map((object) => `${JSON.stringify(object)}\n`).join(''));
const parts = (...all: readonly [part: string, seconds: number, failed?: boolean][]): void =>
  jsonLines(
    'parts.jsonl',
    all.map(([part, seconds, failed = false]) => ({ part, seconds, failed })),
  );

const summary = (): { status: number | null; lines: string[]; error: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SUMMARY, directory], {
    cwd: CHECKOUT,
    encoding: 'utf8',
  });
  return { status, lines: stdout.trimEnd().split('\n'), error: stderr };
};

test('what all projects counted, one after the other and together', () => {
  results('unit', { 'test/a.test.ts': ['passed', 'passed'] });
  results('host', { 'test/host/b.test.ts': ['passed', 'pending'] });
  const { status, lines } = summary();
  expect(status).toBe(0);
  expect(lines.slice(-3)).toEqual([
    'host: 1 passed, 0 failed',
    'unit: 2 passed, 0 failed',
    '3 passed, 0 failed, 1 skipped',
  ]);
});

test.each<{ what: string; files: Readonly<Record<string, readonly Status[]>>; last: string }>([
  { what: 'one that failed', files: { 'test/a.test.ts': ['passed', 'failed'] }, last: '1 passed, 1 failed, 0 skipped' },
  {
    what: 'a file that could not be run',
    files: { 'test/a.test.ts': ['passed'], 'test/b.test.ts': [] },
    last: '1 passed, 1 failed, 0 skipped',
  },
  { what: 'no test at all', files: {}, last: '0 passed, 0 failed, 0 skipped' },
])('$what is a failure', ({ files, last }) => {
  results('unit', files);
  const { status, lines } = summary();
  expect({ status, last: lines.at(-1) }).toEqual({ status: 1, last });
});

test('a name that no test has is a failure, and is said', () => {
  results('vm', { 'test/vm/a.test.ts': ['pending', 'pending'] });
  expect(summary()).toMatchObject({ status: 1, error: 'error: nothing ran: no test has this name\n' });
});

describe('the parts without tests of their own', () => {
  beforeEach(() => results('unit', { 'test/a.test.ts': ['passed'] }));

  test('count as one each', () => {
    parts(['types', 6], ['lint', 11], ['unit', 60], ['histories', 50]);
    expect(summary()).toMatchObject({
      status: 0,
      lines: expect.arrayContaining(['4 passed, 0 failed, 0 skipped']) as string[],
    });
  });

  test.each(['types', 'lint', 'histories', 'vm'])('%s failed: so did the run', (part) => {
    parts(['unit', 60], [part, 3, true]);
    const { status, lines } = summary();
    expect(status).toBe(1);
    expect(lines.slice(-2)).toEqual([`${part}: failed, see above`, '1 passed, 1 failed, 0 skipped']);
  });

  test('a part whose tests failed is not counted twice', () => {
    results('unit', { 'test/a.test.ts': ['passed', 'failed'] });
    parts(['unit', 60, true]);
    expect(summary().lines.at(-1)).toBe('1 passed, 1 failed, 0 skipped');
  });
});

test('the ten slowest files with their machines, and the seconds of each machine', () => {
  results(
    'unit',
    Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`test/${i}.test.ts`, ['passed']] as const)),
    2,
  );
  results(
    'vm',
    { 'test/vm/a.test.ts': ['passed'], 'test/vm/b.test.ts': ['passed'], 'test/vm/both.test.ts': ['passed'] },
    40,
  );
  jsonLines('machines.jsonl', [
    { file: join(CHECKOUT, 'test/vm/a.test.ts'), kind: 'uml', bootMs: 2, cpuSeconds: 20.4 },
    { file: join(CHECKOUT, 'test/vm/b.test.ts'), kind: 'qemu', bootMs: 9, cpuSeconds: 30 },
    { file: join(CHECKOUT, 'test/vm/both.test.ts'), kind: 'uml', bootMs: 9, cpuSeconds: 1 },
    { file: join(CHECKOUT, 'test/vm/both.test.ts'), kind: 'qemu', bootMs: 9, cpuSeconds: 2 },
  ]);
  parts(['lint', 11], ['histories', 50], ['vm', 70]);
  const { lines } = summary();
  expect(lines[0]).toBe('the slowest files:');
  expect(lines.slice(1, 4)).toEqual([
    '   40 s  test/vm/a.test.ts (User Mode Linux)',
    '   40 s  test/vm/b.test.ts (QEMU)',
    '   40 s  test/vm/both.test.ts (User Mode Linux and QEMU)',
  ]);
  expect(lines.filter((line) => / s {2}test/.test(line))).toHaveLength(10);
  expect(lines).toContain(
    'seconds of each machine: lint 11, histories 50, unit 24, User Mode Linux 40 (CPU 21), QEMU 40 (CPU 32), User Mode Linux and QEMU 40',
  );
});
