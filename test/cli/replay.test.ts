/** mpathctl journal and mpathctl replay, on the journal of a simulated daemon. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJournalKeeper, type JournalKeeper } from '../../src/cli/daemon/journalKeeper';
import { digestOfTables, linesOfTables } from '../../src/daemon/journal/replay';
import { createEngine, type Engine } from '../../src/engine/engine';
import { runCommand, type Run } from './runCommand';
import { plainAccess } from '../../src/kernel/fileAccess';
import { startWithSan, wwidOf, type Rig } from '../simulation/rig';

let folder = '';
let file = '';
let rig: Rig;
let keeper: JournalKeeper;
const logged: string[] = [];

const engineOf = (): Engine => createEngine();

function keeperOf(limit: number, directory = join(folder, 'dumps')): JournalKeeper {
  return createJournalKeeper({
    access: plainAccess,
    limit,
    directory,
    version: '0.1.0',
    pid: 7,
    now: () => rig.scheduler.now(),
    log: (level, message) => void logged.push(`${level}: ${message}`),
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
  file = join(folder, 'a.journal');
  keeper = keeperOf(1 << 24);
  rig = await startWithSan(1, 2, { journal: (engine) => keeper.create(engine) });
  rig.simulator.admin.removeDisk('sda', false);
  await rig.run(2_000);
  expect(await keeper.save(file)).toMatchObject({ ok: true });
});
afterAll(() => {
  void rig.runtime.stop();
  rmSync(folder, { recursive: true });
});

const mpathctl = (...argv: string[]): Promise<Run> => runCommand(argv);

const numbersOf = (out: string): number[] => [...out.matchAll(/^#(\d+) /gm)].map(([, number]) => Number(number));

describe('replay', () => {
  test('shows every input with its changes and effects, and ends with the tables of the daemon', async () => {
    const { code, out, err } = await mpathctl('replay', file);
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^mpathd 0\.1\.0, pid 7, saved at \d{4}-.*Z as it was asked for$/);
    expect(lines[1]).toBe('inputs from 1 on; at first 0 paths, 0 maps');
    const numbers = numbersOf(out);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
    expect(out).toMatch(
      /^#1 \d\d:\d\d:\d\d\.\d{3}Z start: configuration from \/etc\/multipath\.conf, 0 bindings, 0 WWIDs, udev present$/m,
    );
    expect(out).toMatch(/^ {4}path sda \[8:0#\d+\]: new$/m);
    expect(out).toMatch(/^ {4}path sda \[8:0#\d+\]: check\.state "unchecked" -> "up"$/m);
    expect(out).toMatch(/^ {4}> create-map id=\d+ uuid=mpath-\S+ name=mpatha /m);
    expect(out).toMatch(/^ {4}path sda \[8:0#\d+\]: gone$/m);
    expect(out).toMatch(new RegExp(`^${numbers.length} inputs in \\d.*; tables after input ${numbers.length}: `, 'm'));
    expect(out).toContain(`: ${digestOfTables(rig.runtime.tables)}\nbyte for byte the tables that the daemon had\n`);
  });

  test('stops after an input, and continues from the next one', async () => {
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
    // The replay does not stop at checks and readings without news.
    expect(stops.length).toBeLessThan(8);
  });

  test.each([['mpatha'], [wwidOf(1)], [`mpath-${wwidOf(1)}`]])(
    'stops when the map changes, if it is given as %s',
    async (name) => {
      const { out } = await mpathctl('replay', file, '--map', name, '--quiet');
      expect(out).toContain('stopped: map mpatha has changed\nmap mpatha before: not there\n');
    },
  );

  test('of a device that never existed says so', async () => {
    expect((await mpathctl('replay', file, '--path', 'sdzz', '--quiet')).out).toMatch(/^no path sdzz was ever there$/m);
    expect((await mpathctl('replay', file, '--map', 'mpathz', '--quiet')).out).toMatch(
      /^no map mpathz was ever there$/m,
    );
    expect((await mpathctl('replay', file, '--map', 'mpatha', '--quiet', '--from', '1000')).out).not.toContain(
      'was ever there',
    );
  });

  test('a stop at the last input is also the end', async () => {
    const last = String(numbersOf((await mpathctl('replay', file)).out).length);
    const { code, out } = await mpathctl('replay', file, '--until', last, '--quiet');
    expect(code).toBe(0);
    expect(out).toMatch(/stopped: --until\n.*\nbyte for byte the tables that the daemon had\n$/);
  });

  test('with --tables shows both tables before and after each input, whole', async () => {
    const { out } = await mpathctl('replay', file, '--tables');
    const sections = [...out.matchAll(/^ {4}tables (before|after):\n((?: {6}\{.*\n)*)/gm)].map(([, what, lines]) => ({
      what,
      lines: (lines ?? '').replace(/^ {6}/gm, ''),
    }));
    expect(sections).toHaveLength(2 * numbersOf(out).length);
    for (const [at, { what, lines }] of sections.entries()) {
      expect(what).toBe(at % 2 === 0 ? 'before' : 'after');
      if (at > 0 && at % 2 === 0) expect(lines).toBe(sections[at - 1]?.lines);
    }
    expect(sections.at(-1)?.lines).toBe(`${linesOfTables(rig.runtime.tables).join('\n')}\n`);
    expect(
      (await mpathctl('replay', file, '--tables', '--quiet', '--until', '5')).out.match(/tables (before|after):/g),
    ).toHaveLength(2);
  });

  test('with --tables and --json has the tables in each line, in the form of the digest', async () => {
    const { out } = await mpathctl('replay', file, '--json', '--tables');
    const records = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { before: string[]; after: string[]; digest: string });
    const end = records.pop();
    expect(
      createHash('sha256')
        .update(records.at(-1)?.after.join('\n') ?? '')
        .digest('hex'),
    ).toBe(end?.digest);
    for (const [at, { before }] of records.entries()) if (at > 0) expect(before).toEqual(records[at - 1]?.after);
  });

  test('as JSON has a line per input and a line for the end', async () => {
    const { code, out } = await mpathctl('replay', file, '--json');
    const records = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const digest = digestOfTables(rig.runtime.tables);
    expect(code).toBe(0);
    expect(records.at(-1)).toEqual({ end: records.length - 1, digest, daemon: digest, equal: true });
    expect(records[0]).toMatchObject({ n: 1, input: { type: 'start' } });
  });

  test('says when the tables differ', async () => {
    const other = join(folder, 'other.journal');
    writeFileSync(other, readFileSync(file, 'utf8').replace('"sizeSectors":16384', '"sizeSectors":16392'));
    const { code, out } = await mpathctl('replay', other, '--quiet');
    expect(code).toBe(1);
    expect(out).toMatch(/NOT the tables that the daemon had: [0-9a-f]{64}\n$/);
  });

  test('says when another version saved the file', async () => {
    const other = join(folder, 'version.journal');
    writeFileSync(other, readFileSync(file, 'utf8').replace('"daemon":"0.1.0"', '"daemon":"0.0.9"'));
    expect((await mpathctl('replay', other, '--quiet')).out).toContain('mpathd 0.0.9 saved it, this is 0.1.0');
  });

  test('refuses a file that is no journal, and names the line', async () => {
    const broken = join(folder, 'broken.journal');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(broken, [...lines.slice(0, 9), `{"n":8`].join('\n') + '\n');
    const { code, out, err } = await mpathctl('replay', broken);
    expect([code, err]).toEqual([1, expect.stringContaining(`mpathctl: ${broken}: line 10: no JSON`)]);
    // The inputs before it are complete.
    expect(numbersOf(out)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await mpathctl('replay', join(folder, 'none'))).toEqual({
      code: 1,
      out: '',
      err: `mpathctl: ${join(folder, 'none')}: ENOENT\n`,
    });
  });

  test('with and without --quiet it stops at the same inputs, also at a map that gets another name', async () => {
    const other = keeperOf(1 << 24);
    const san = await startWithSan(2, 2, { journal: (engine) => other.create(engine) });
    const named = join(folder, 'named.journal');
    san.simulator.admin.renameMap('mpatha', 'other');
    await san.run(3_000);
    expect(await other.save(named)).toMatchObject({ ok: true });
    for (const args of [
      ['--map', 'other'],
      ['--map', 'mpatha'],
      ['--path', 'sdb'],
      ['--path', '8:0'],
      ['--until', '7'],
    ]) {
      for (let from = 1; from < 1_000; ) {
        const stop = async (...more: string[]): Promise<string> =>
          (await mpathctl('replay', named, ...args, '--from', String(from), ...more)).out.replace(
            /^[^]*?(?=^stopped|^no |^\d+ inputs in)/m,
            '',
          );
        const [loud, quiet] = [await stop(), await stop('--quiet')];
        expect(quiet).toBe(loud);
        const next = /go on with --from (\d+)/.exec(loud)?.[1];
        if (next === undefined) break;
        from = Number(next);
      }
    }
    expect((await mpathctl('replay', named, '--map', 'other', '--quiet')).out).toMatch(/map other before: \{/);
    void san.runtime.stop();
  });
});

describe('replay of the input that ended the daemon', () => {
  /** The text of a journal whose end is replaced by lines that the engine cannot take. */
  const ending = (lines: (last: number) => object[]): string => {
    const name = join(folder, 'ending.journal');
    const whole = readFileSync(file, 'utf8').trimEnd().split('\n').slice(0, -1);
    const { n, at } = JSON.parse(whole.at(-1) ?? '') as { n: number; at: number };
    writeFileSync(
      name,
      [...whole, ...lines(n).map((line) => JSON.stringify('n' in line ? { ...line, at } : line))].join('\n') + '\n',
    );
    return name;
  };
  const fatal = (n: number): object => ({ n, type: 'block-read', asked: 1, name: 'sdq' });

  test.each<[string, number, RegExp, (last: number) => object[]]>([
    [
      'as the daemon did',
      0,
      /the engine threw, as it did in the daemon\n$/,
      (last) => [fatal(last + 1), { end: last + 1, digest: null }],
    ],
    [
      'where the daemon went on',
      1,
      /the engine threw, and in the daemon it did NOT\n$/,
      (last) => [fatal(last + 1), { n: last + 2, type: 'wake' }, { end: last + 2, digest: null }],
    ],
    [
      'where the daemon came to its end',
      1,
      /the engine threw, and in the daemon it did NOT\n$/,
      (last) => [fatal(last + 1), { end: last + 1, digest: 'x' }],
    ],
    [
      'not at all',
      0,
      /the daemon ended while it worked on the last input, with which nothing is wrong here\n$/,
      (last) => [
        { n: last + 1, type: 'wake' },
        { end: last + 1, digest: null },
      ],
    ],
  ])('throws %s', async (what, code, verdict, lines) => {
    const run = await mpathctl('replay', ending(lines), '--quiet');
    expect([run.code, run.err]).toEqual([code, '']);
    expect(run.out).toMatch(verdict);
    if (what !== 'not at all')
      expect(run.out).toMatch(
        /^#\d+ \S+ block-read, not as it should be: \{.*\}\n {4}! the engine threw: TypeError: .*\n {4} +at /m,
      );
    const [end] = (await mpathctl('replay', ending(lines), '--json')).out.trimEnd().split('\n').slice(-1);
    expect(JSON.parse(end ?? '')).toMatchObject({ equal: null });
  });
});

describe('the keeper', () => {
  test('dumps its content when a rule is broken and the daemon goes on, and names the file', async () => {
    const held = digestOfTables(rig.runtime.tables);
    const dumping = keeper.dumpAsIs('stale-has-retry: sdb');
    rig.simulator.admin.removeDisk('sdb', false);
    await rig.run(2_000);
    await dumping;
    expect(digestOfTables(rig.runtime.tables)).not.toBe(held);
    const dumped = join(folder, 'dumps', 'invariant.journal');
    expect(logged.at(-1)).toMatch(
      new RegExp(`^error: the journal is in ${dumped} \\(\\d+ inputs\\): see it with \`mpathctl replay\`$`),
    );
    const { code, out } = await mpathctl('replay', dumped, '--quiet');
    expect(code).toBe(0);
    expect(out).toMatch(/when an invariant was broken\nstale-has-retry: sdb\n/);
    expect(out).toContain(`: ${held}\nbyte for byte`);
  });

  test('makes one dump after the other when several rules are broken, and at most two files', async () => {
    await Promise.all(['one', 'two', 'three', 'four', 'five'].map((detail) => keeper.dumpAsIs(detail)));
    expect(readdirSync(join(folder, 'dumps')).sort()).toEqual(['invariant.journal', 'invariant.journal.old']);
    expect((await mpathctl('replay', join(folder, 'dumps', 'invariant.journal'), '--quiet')).out).toMatch(
      /broken\nfive\n/,
    );
    expect((await mpathctl('replay', join(folder, 'dumps', 'invariant.journal.old'), '--quiet')).out).toMatch(
      /broken\nfour\n/,
    );
  });

  test('does not cause another fault when a dump fails', async () => {
    const stuck = keeperOf(1 << 20, '/proc/nowhere');
    stuck.create(engineOf());
    stuck.dumpNow('x');
    await stuck.dumpAsIs('x');
    expect(logged.slice(-2)).toEqual(
      Array(2).fill(
        expect.stringMatching(/^error: the journal could not be saved: save \/proc\/nowhere\/\w+.journal: ENOENT/),
      ),
    );
    const broken = engineOf();
    stuck.create(broken);
    broken.checkpoint = () => {
      throw new Error('no state');
    };
    expect(() => stuck.dumpNow('x')).not.toThrow();
    expect(logged.at(-1)).toBe('error: the journal could not be saved: no state');
  });

  test('cuts a long detail', async () => {
    keeper.dumpNow('x'.repeat(1_000_000));
    const [header] = readFileSync(join(folder, 'dumps', 'crash.journal'), 'utf8').split('\n', 1);
    expect(header?.length).toBeLessThan(10_000);
  });

  test.each([
    ['a relative path', (): JournalKeeper => keeper, 'a.journal', 'not an absolute path'],
    ['no journal', (): JournalKeeper => keeperOf(1), '/x', 'no journal is kept'],
  ])('refuses %s', async (_what, of, name, detail) => {
    const saved = await of().save(name);
    expect(saved).toMatchObject({
      ok: false,
      failure: { code: 'REFUSED', detail: expect.stringContaining(detail) as string },
    });
  });

  test('saves one at a time', async () => {
    const both = await Promise.all([keeper.save(join(folder, 'one')), keeper.save(join(folder, 'two'))]);
    expect(both.map(({ ok }) => ok)).toEqual([true, false]);
    expect(await keeper.save(join(folder, 'two'))).toMatchObject({ ok: true });
  });
});
