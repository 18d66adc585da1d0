import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** scripts/model: spin searches every history of the resync protocol within the model's bounds. */
const MINUTE = 60_000;

describe('the model of the resync protocol', () => {
  let lines: string[] = [];
  let status: number | null = null;

  beforeAll(() => {
    const run = spawnSync(join(__dirname, '..', 'scripts', 'model'), {
      encoding: 'utf8',
      timeout: 4 * MINUTE,
      // Errors are shown in the output of the test.
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    lines = run.stdout.trim().split('\n');
    status = run.status;
  }, 5 * MINUTE);

  const lineOf = (start: string): string =>
    lines.find((line) => line.startsWith(`${start} (`) || line.startsWith(`${start}: `)) ?? '';

  it('gives no wrong verdict', () => {
    expect({ status, wrong: lines.filter((line) => !/^(holds|refuted): /.test(line)) }).toEqual({
      status: 0,
      wrong: [],
    });
  });

  it.each([
    // Least numbers of states: a model that stops early holds, too.
    ['tables end up right, nothing is dropped without evidence', 1_000_000],
    ['it always gets quiet', 100_000],
    ['the same without the drain', 10_000],
    ['the same without the drop counter', 10_000],
  ])('holds: %s', (name, leastStates) => {
    const states = /\((\d+) states, /.exec(lineOf(`holds: ${name}`))?.[1];
    expect(Number(states)).toBeGreaterThan(leastStates);
  });

  it.each([
    ['BROKEN_NO_DRAIN', 'table[', ']==exists['],
    ['BROKEN_NO_RECHECK', 'table[', ']==exists['],
    ['BROKEN_STALE_SNAPSHOT', 'table[', ']==exists['],
    ['BROKEN_FAILED_READ_IS_GONE', 'table[', ']!=exists['],
    ['BROKEN_OLD_READING', 'table[', ']==exists['],
    ['BROKEN_UNKNOWN_NUMBER', 'table[', ']==exists['],
    ['BROKEN_AGAIN_KEPT', 'non-progress cycle', ''],
  ])('%s is refuted, by the promise that it breaks', (name, ...parts) => {
    const line = lineOf(`refuted: ${name}`);
    expect(line).not.toBe('');
    for (const part of parts) expect(line).toContain(part);
  });
});
