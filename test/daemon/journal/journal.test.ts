/** Journals of a simulated daemon: saved, read and replayed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMAT, FORMAT_VERSION, type Header, type Recording } from '../../../src/daemon/journal/format';
import { createJournal, type Journal } from '../../../src/daemon/journal/journal';
import { readJournal, type ReadJournal } from '../../../src/daemon/journal/readFile';
import { digestOfTables, replay } from '../../../src/daemon/journal/replay';
import { dumpJournal, saveJournal } from '../../../src/daemon/journal/saveFile';
import type { Engine } from '../../../src/engine/engine';
import { createRandom } from '../../../src/simulator/random';
import { addSan, createBench, startWithSan, type Bench } from '../../simulation/bench';
import { FLAKY, happen } from '../../simulation/recorded';

const HEADER: Header = {
  format: FORMAT,
  version: FORMAT_VERSION,
  daemon: '1.2.3',
  pid: 7,
  savedAt: '2026-01-02T03:04:05.678Z',
  at: 1_000,
  reason: 'asked',
  detail: null,
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Machine {
  bench: Bench;
  engine: Engine;
  journal: Journal;
}

/** A daemon after a random history, with a journal of `limit` bytes. */
async function machine(seed: number, limit: number, actions: number): Promise<Machine> {
  const engines: Engine[] = [];
  const bench = createBench({
    simulator: { seed, ...FLAKY },
    journal: (engine) => {
      engines.push(engine);
      return createJournal(engine, limit);
    },
  });
  addSan(bench, 2, 2);
  await bench.runtime.start();
  await happen(bench, createRandom(seed), actions);
  const [engine] = engines;
  const { journal } = bench.runtime;
  if (engine === undefined || journal === null) throw new Error('no journal was asked for');
  return { bench, engine, journal };
}

async function save(recording: Recording, header = HEADER): Promise<Buffer> {
  const file = join(folder, 'a.journal');
  expect(await saveJournal(file, header, recording)).toMatchObject({ ok: true, value: { file, inputs: recording.inputs } });
  return readFileSync(file);
}

/** The state at the end, and its digest. */
function replayed(journal: ReadJournal): { digest: string; steps: number } {
  let digest = '';
  let steps = 0;
  for (const step of replay('f', journal)) {
    steps += 1;
    digest = digestOfTables(step.tables);
  }
  return { digest, steps };
}

describe('a saved journal', () => {
  it.each([1, 2, 3])('from the start on gives the same tables, seed %i', async (seed) => {
    const { engine, journal, bench } = await machine(seed, 1 << 26, 40);
    const read = readJournal('f', await save(journal.recording()));
    expect(read.checkpoint.seq).toBe(0);
    expect(read.end.digest).toBe(digestOfTables(engine.tables));
    expect(replayed(read)).toEqual({ digest: read.end.digest, steps: read.inputs.length });
    bench.runtime.stop();
  });

  it.each([4, 5, 6])('of a history longer than the ring gives the same tables, seed %i', async (seed) => {
    const limit = 40_000;
    const { engine, journal, bench } = await machine(seed, limit, 80);
    const recording = journal.recording();
    const read = readJournal('f', await save(recording));
    expect(read.checkpoint.seq).toBeGreaterThan(0);
    expect(read.end.end).toBe(recording.last);
    expect(replayed(read)).toEqual({ digest: digestOfTables(engine.tables), steps: read.inputs.length });
    expect(read.end.digest).toBe(digestOfTables(engine.tables));
    bench.runtime.stop();
  });

  it('is what was recorded when the saving began, whatever comes meanwhile', async () => {
    const { engine, journal, bench } = await machine(7, 40_000, 40);
    const digest = digestOfTables(engine.tables);
    const recording = journal.recording();
    await happen(bench, createRandom(70), 30);
    expect(digestOfTables(engine.tables)).not.toBe(digest);
    const read = readJournal('f', await save(recording));
    expect(replayed(read).digest).toBe(digest);
    bench.runtime.stop();
  });

  it('has one list of bindings for all aliases that were bound together', async () => {
    const bench = await startWithSan(30, 2, { journal: (engine) => createJournal(engine, 1 << 26) });
    const recording = bench.runtime.journal?.recording();
    if (recording === undefined) throw new Error('no journal');
    const text = Buffer.concat([...recording.parts]).toString('utf8');
    const lists = text.split('\n').filter((line) => line.includes('"type":"alias-bound"'));
    expect(lists).toHaveLength(30);
    expect(lists.filter((line) => line.includes('"bindings":true'))).toHaveLength(29);
    const read = readJournal('f', await save(recording));
    expect(replayed(read).digest).toBe(digestOfTables(bench.runtime.tables));
    bench.runtime.stop();
  });

  it('can be read by root only, and takes the place of another at once', async () => {
    const { journal, bench } = await machine(8, 100_000, 5);
    writeFileSync(join(folder, 'a.journal'), 'another', { mode: 0o644 });
    await save(journal.recording());
    expect(statSync(join(folder, 'a.journal')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['a.journal']);
    bench.runtime.stop();
  });

  it.each([
    ['in a directory that is not there', 'none/a.journal', 'ENOENT'],
    ['in the place of a directory', '', 'EISDIR'],
  ])('fails with the errno and leaves nothing behind: %s', async (_what, name, errno) => {
    const { journal, bench } = await machine(8, 100_000, 5);
    const result = await saveJournal(join(folder, name), HEADER, journal.recording());
    expect(result.ok).toBe(false);
    if (!result.ok) expect([result.failure.code, ['EISDIR', 'EBUSY', 'ENOTEMPTY'].includes(result.failure.errno ?? '') ? 'EISDIR' : result.failure.errno]).toEqual(['KERNEL_ERROR', errno]);
    expect(readdirSync(folder)).toEqual([]);
    bench.runtime.stop();
  });
});

describe('a dump', () => {
  it('is kept with the one before it, and no more', async () => {
    const { journal, bench } = await machine(9, 100_000, 5);
    const directory = join(folder, 'mpathd');
    for (const detail of ['first', 'second', 'third']) {
      expect(dumpJournal(directory, { ...HEADER, reason: 'crash', detail }, journal.recording()).ok).toBe(true);
    }
    expect(readdirSync(directory).sort()).toEqual(['crash.journal', 'crash.journal.old']);
    const detailOf = (name: string): unknown => readJournal(name, readFileSync(join(directory, name))).header.detail;
    expect([detailOf('crash.journal'), detailOf('crash.journal.old')]).toEqual(['third', 'second']);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    bench.runtime.stop();
  });

  it('in the middle of a step has the input that was worked on, and no digest', async () => {
    const { journal, engine, bench } = await machine(10, 100_000, 5);
    journal.record({ type: 'wake', at: engine.tables.now + 1 });
    dumpJournal(folder, { ...HEADER, reason: 'crash' }, journal.recording());
    const read = readJournal('f', readFileSync(join(folder, 'crash.journal')));
    expect(read.end.digest).toBeNull();
    expect(read.inputs.at(-1)?.input.type).toBe('wake');
    expect(replayed(read).steps).toBe(read.inputs.length);
    bench.runtime.stop();
  });

  it('that cannot be written says why', async () => {
    const { journal, bench } = await machine(11, 100_000, 5);
    writeFileSync(join(folder, 'file'), '');
    expect(dumpJournal(join(folder, 'file', 'x'), HEADER, journal.recording())).toMatchObject({ ok: false, failure: { errno: 'ENOTDIR' } });
    bench.runtime.stop();
  });
});

describe('a file that is not whole is refused, with the line', () => {
  let whole: string[] = [];
  beforeAll(async () => {
    const { journal, bench } = await machine(12, 1 << 26, 10);
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
    whole = (await save(journal.recording())).toString('utf8').split('\n').slice(0, -1);
    rmSync(folder, { recursive: true });
    bench.runtime.stop();
  });

  const reading = (lines: readonly string[], end = '\n') => (): unknown => readJournal('F', Buffer.from(lines.join('\n') + end));
  const replaced = (at: number, line: string): string[] => whole.map((old, i) => (i === at ? line : old));
  const changed = (at: number, change: (record: Record<string, unknown>) => void): string[] => {
    const record = JSON.parse(whole[at] ?? '') as Record<string, unknown>;
    change(record);
    return replaced(at, JSON.stringify(record));
  };

  it('but a whole one is read', () => expect(reading(whole)).not.toThrow());

  it.each<[string, () => () => unknown, RegExp]>([
    ['empty', () => reading([], ''), /line 1: there is no such line/],
    ['no JSON', () => reading(['hello']), /line 1: no JSON/],
    ['another format', () => reading(changed(0, (r) => (r['format'] = 'x'))), /line 1: it is no journal/],
    ['another version', () => reading(changed(0, (r) => (r['version'] = 99))), /line 1: version 99 of the format/],
    ['a header without a time', () => reading(changed(0, (r) => delete r['at'])), /line 1: the header is not whole/],
    ['only a header', () => reading(whole.slice(0, 1)), /line 2: there is no such line/],
    ['a checkpoint without paths', () => reading(changed(1, (r) => delete (r['checkpoint'] as Record<string, unknown>)['paths'])), /line 2: no whole checkpoint/],
    ['cut off after a line', () => reading(whole.slice(0, 6)), /line 6: the journal ends here without its end record/],
    ['cut off in a line', () => reading([...whole.slice(0, 6), (whole[6] ?? '').slice(0, 20)], ''), /line 7: the line has no end/],
    ['a damaged line', () => reading(replaced(4, (whole[4] ?? '').slice(5))), /line 5: no JSON/],
    ['a line that is a list', () => reading(replaced(4, '[]')), /line 5: no record/],
    ['a missing line', () => reading([...whole.slice(0, 4), ...whole.slice(5)]), /line 5: input 3 is missing, there is 4/],
    ['an unknown input', () => reading(changed(4, (r) => (r['type'] = 'constructor'))), /line 5: no input of type constructor/],
    ['an input without a time', () => reading(changed(4, (r) => delete r['at'])), /line 5: the input has no time/],
    ['more after the end', () => reading([...whole, whole[4] ?? '']), /there is more after the end/],
    ['missing inputs before the end', () => reading([...whole.slice(0, 4), whole.at(-1) ?? '']), /line 5: the journal ends with input \d+, but 2 was the last/],
  ])('%s', (_what, make, message) => {
    expect(make()).toThrow(message);
  });

  it('a checkpoint that cannot be restored, and an input that the engine cannot take', () => {
    const broken = changed(1, (r) => ((r['checkpoint'] as { putOrder: { paths: string[] } }).putOrder.paths = ['nobody']));
    const take = (lines: readonly string[]) => (): unknown => [...replay('F', readJournal('F', Buffer.from(`${lines.join('\n')}\n`)))];
    expect(take(broken)).toThrow(/line 2: the checkpoint cannot be restored: the checkpoint has no entry nobody/);
    const at = whole.findIndex((line) => line.includes('"type":"block-read"'));
    expect(at).toBeGreaterThan(1);
    expect(take(changed(at, (r) => delete r['reading']))).toThrow(new RegExp(`line ${at + 1}: input \\d+ ended the engine`));
  });
});
