/** mpathctl journal and mpathctl replay, on the journal of a simulated daemon. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJournalKeeper, type JournalKeeper } from '../../src/cli/daemon/journalKeeper';
import { runMpathctl } from '../../src/cli/runMpathctl';
import { digestOfTables } from '../../src/daemon/journal/replay';
import { nativeWithUid } from '../ipc/sockets';
import { startWithSan, wwidOf, type Bench } from '../simulation/bench';

let folder = '';
let file = '';
let bench: Bench;
let keeper: JournalKeeper;
const logged: string[] = [];

function keeperOf(limit: number): JournalKeeper {
  return createJournalKeeper({
    limit,
    directory: join(folder, 'dumps'),
    version: '0.1.0',
    pid: 7,
    now: () => bench.scheduler.now(),
    log: (level, message) => void logged.push(`${level}: ${message}`),
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
  file = join(folder, 'a.journal');
  keeper = keeperOf(1 << 24);
  bench = await startWithSan(1, 2, { journal: (engine) => keeper.create(engine) });
  bench.simulator.admin.removeDisk('sda', false);
  await bench.run(2_000);
  expect(await keeper.save(file)).toMatchObject({ ok: true });
});
afterAll(() => {
  bench.runtime.stop();
  rmSync(folder, { recursive: true });
});

interface Run {
  code: number;
  out: string;
  err: string;
}

async function mpathctl(...argv: string[]): Promise<Run> {
  const texts = { out: '', err: '' };
  const code = await runMpathctl({
    argv,
    env: {},
    isTTY: false,
    version: '0.1.0',
    stdout: (text) => (texts.out += text),
    stderr: (text) => (texts.err += text),
    native: () => nativeWithUid(0),
  });
  return { code, ...texts };
}

const numbersOf = (out: string): number[] => [...out.matchAll(/^#(\d+) /gm)].map(([, number]) => Number(number));

describe('replay', () => {
  test('shows every input with what it changed and asked for, and ends with the tables of the daemon', async () => {
    const { code, out, err } = await mpathctl('replay', file);
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^mpathd 0\.1\.0, pid 7, saved at \d{4}-.*Z as it was asked for$/);
    expect(lines[1]).toMatch(/^\d+ inputs from 1 on in .*; at first 0 paths, 0 maps$/);
    const numbers = numbersOf(out);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    expect(out).toMatch(/^#1 \d\d:\d\d:\d\d\.\d{3}Z start: 0 bindings, udev present$/m);
    expect(out).toMatch(/^ {4}path sda \[8:0#\d+\]: new$/m);
    expect(out).toMatch(/^ {4}path sda \[8:0#\d+\]: check\.state "unchecked" -> "up"$/m);
    expect(out).toMatch(/^ {4}> create-map id=\d+ uuid=mpath-\S+ name=mpatha /m);
    expect(out).toMatch(/^ {4}path sda \[8:0#\d+\]: gone$/m);
    expect(out).toContain(`: ${digestOfTables(bench.runtime.tables)}\nbyte for byte the tables that the daemon had\n`);
  });

  test('stops after an input, and goes on from the next', async () => {
    const first = await mpathctl('replay', file, '--until', '5');
    expect(first.code).toBe(0);
    expect(numbersOf(first.out)).toEqual([1, 2, 3, 4, 5]);
    expect(first.out).toMatch(/stopped: --until\ngo on with --from 6; tables after input 5: [0-9a-f]{64}\n$/);
    const next = await mpathctl('replay', file, '--from', '6', '--until', '8');
    expect(numbersOf(next.out)).toEqual([6, 7, 8]);
  });

  test('stops when a path changes, with its entry before and after', async () => {
    const appears = await mpathctl('replay', file, '--path', 'sda', '--quiet');
    expect(numbersOf(appears.out)).toHaveLength(1);
    expect(appears.out).toMatch(/stopped: path sda has changed\npath sda before: not there\npath sda after: \{\n/);
    const stops: string[] = [];
    for (let from = 1; stops.length < 50; ) {
      const { out } = await mpathctl('replay', file, '--path', 'sda', '--quiet', '--from', String(from));
      const [number] = numbersOf(out);
      if (number === undefined) break;
      stops.push(out);
      from = number + 1;
    }
    expect(stops.at(-1)).toContain('path sda after: not there\n');
    // Checks and readings that found nothing new are no reason to stop.
    expect(stops.length).toBeLessThan(8);
  });

  test.each([['mpatha'], [wwidOf(1)], [`mpath-${wwidOf(1)}`]])('stops when the map changes, named %s', async (name) => {
    const { out } = await mpathctl('replay', file, '--map', name, '--quiet');
    expect(out).toContain('stopped: map mpatha has changed\nmap mpatha before: not there\n');
  });

  test('as JSON has a line per input and one for the end', async () => {
    const { code, out } = await mpathctl('replay', file, '--json');
    const records = out.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    const digest = digestOfTables(bench.runtime.tables);
    expect(code).toBe(0);
    expect(records.at(-1)).toEqual({ end: records.length - 1, digest, daemon: digest, equal: true });
    expect(records[0]).toMatchObject({ n: 1, input: { type: 'start' } });
  });

  test('tells when the tables are not the same', async () => {
    const other = join(folder, 'other.journal');
    writeFileSync(other, readFileSync(file, 'utf8').replace('"sizeSectors":16384', '"sizeSectors":16392'));
    const { code, out } = await mpathctl('replay', other, '--quiet');
    expect(code).toBe(1);
    expect(out).toMatch(/NOT the tables that the daemon had: [0-9a-f]{64}\n$/);
  });

  test('tells of another version', async () => {
    const other = join(folder, 'version.journal');
    writeFileSync(other, readFileSync(file, 'utf8').replace('"daemon":"0.1.0"', '"daemon":"0.0.9"'));
    expect((await mpathctl('replay', other, '--quiet')).out).toContain('mpathd 0.0.9 saved it, this is 0.1.0');
  });

  test('refuses what is no journal, with the line', async () => {
    const broken = join(folder, 'broken.journal');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(broken, [...lines.slice(0, 9), `{"n":8`].join('\n') + '\n');
    expect(await mpathctl('replay', broken)).toEqual({ code: 1, out: '', err: expect.stringContaining(`mpathctl: ${broken}: line 10: no JSON`) as string });
    expect(await mpathctl('replay', join(folder, 'none'))).toEqual({ code: 1, out: '', err: `mpathctl: ${join(folder, 'none')}: ENOENT\n` });
  });
});

describe('the keeper', () => {
  test('dumps once per reason what can be replayed, and says where', async () => {
    keeper.dump('invariant', 'stale-has-retry: sdb');
    const dumped = join(folder, 'dumps', 'invariant.journal');
    expect(logged.at(-1)).toMatch(new RegExp(`^error: the journal is in ${dumped} \\(\\d+ inputs\\): see it with \`mpathctl replay\`$`));
    const { code, out } = await mpathctl('replay', dumped, '--quiet');
    expect(code).toBe(0);
    expect(out).toMatch(/when an invariant was broken\nstale-has-retry: sdb\n/);
    expect(out).toContain('byte for byte');
  });

  test.each([
    ['a relative path', (): JournalKeeper => keeper, 'a.journal', 'not an absolute path'],
    ['no journal', (): JournalKeeper => keeperOf(1), '/x', 'no journal is kept'],
  ])('refuses %s', async (_what, of, name, detail) => {
    const saved = await of().save(name);
    expect(saved).toMatchObject({ ok: false, failure: { code: 'REFUSED', detail: expect.stringContaining(detail) as string } });
  });

  test('saves one at a time', async () => {
    const both = await Promise.all([keeper.save(join(folder, 'one')), keeper.save(join(folder, 'two'))]);
    expect(both.map(({ ok }) => ok)).toEqual([true, false]);
    expect(await keeper.save(join(folder, 'two'))).toMatchObject({ ok: true });
  });
});
