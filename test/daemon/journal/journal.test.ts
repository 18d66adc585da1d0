/** Journals of a simulated daemon: what is kept, and what is written. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Recording } from '../../../src/daemon/journal/format';
import { createJournal, type Journal } from '../../../src/daemon/journal/journal';
import { digestOfTables } from '../../../src/daemon/journal/replay';
import { dumpInSlices, dumpJournal, saveJournal } from '../../../src/daemon/journal/saveFile';
import { createEngine, type Engine } from '../../../src/engine/engine';
import type { Input } from '../../../src/engine/protocol';
import { createRandom } from '../../../src/simulator/random';
import { startWithSan } from '../../simulation/rig';
import { happen } from '../../simulation/recorded';
import { HEADER, machine, readWhole, replayed, textOf } from './saved';

// For gc().
setFlagsFromString('--expose-gc');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function save(recording: Recording, header = HEADER): Promise<Buffer> {
  const file = join(folder, 'a.journal');
  expect(await saveJournal(file, header, recording)).toMatchObject({
    ok: true,
    value: { file, inputs: recording.inputs },
  });
  return readFileSync(file);
}

describe('a saved journal', () => {
  it('has the inputs from before the save, whatever comes meanwhile', async () => {
    const { journal, rig } = await machine(7, 40_000, 40);
    const digest = digestOfTables(rig.runtime.tables);
    const recording = journal().recording();
    await happen(rig, createRandom(70), 30);
    expect(digestOfTables(rig.runtime.tables)).not.toBe(digest);
    expect(replayed(await save(recording)).digest).toBe(digest);
    void rig.runtime.stop();
  });

  it('has one list of bindings for all aliases that were bound together', async () => {
    const rig = await startWithSan(30, 2, { journal: (engine) => createJournal(engine, 1 << 26) });
    const recording = rig.runtime.journal?.recording();
    if (recording === undefined) throw new Error('no journal');
    const text = Buffer.concat([...recording.parts]).toString('utf8');
    const lists = text.split('\n').filter((line) => line.includes('"type":"alias-bound"'));
    expect(lists).toHaveLength(30);
    expect(lists.filter((line) => line.includes('"bindings":true'))).toHaveLength(29);
    expect(replayed(await save(recording)).digest).toBe(digestOfTables(rig.runtime.tables));
    void rig.runtime.stop();
  });

  it('can be read by its owner only, and leaves nothing else behind', async () => {
    const { journal, rig } = await machine(8, 100_000, 5);
    await save(journal().recording());
    expect(statSync(join(folder, 'a.journal')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['a.journal']);
    void rig.runtime.stop();
  });

  it.each<[string, (name: string) => void]>([
    ['a file', (name) => writeFileSync(name, 'another')],
    ['a link to nowhere', (name) => symlinkSync('nowhere', name)],
    ['a directory', (name) => void mkdtempSync(name)],
  ])('replaces no file: %s with its name stays, and the save fails', async (what, make) => {
    const { journal, rig } = await machine(8, 100_000, 5);
    const wanted = join(folder, 'taken');
    make(wanted);
    const [name] = readdirSync(folder);
    const file = join(folder, name ?? '');
    const before = what === 'a file' ? readFileSync(file, 'utf8') : '';
    expect(await saveJournal(file, HEADER, journal().recording())).toEqual({
      ok: false,
      failure: {
        code: 'KERNEL_ERROR',
        operation: 'save',
        device: file,
        errno: 'EEXIST',
        detail: 'it is there already: give a name that is not taken',
      },
    });
    expect(readdirSync(folder)).toEqual([name]);
    if (what === 'a file') expect(readFileSync(file, 'utf8')).toBe(before);
    void rig.runtime.stop();
  });

  it.each([
    ['in a directory that is not there', 'none/a.journal', 'ENOENT'],
    ['below a file', 'file/a.journal', 'ENOTDIR'],
    ['with a name longer than any', 'x'.repeat(300), 'ENAMETOOLONG'],
  ])('fails with the errno and leaves nothing behind: %s', async (_what, name, errno) => {
    const { journal, rig } = await machine(8, 100_000, 5);
    writeFileSync(join(folder, 'file'), '');
    expect(await saveJournal(join(folder, name), HEADER, journal().recording())).toMatchObject({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'save', errno },
    });
    expect(readdirSync(folder)).toEqual(['file']);
    void rig.runtime.stop();
  });
});

describe('a dump', () => {
  it.each([
    ['at once', dumpJournal],
    ['while the daemon goes on', dumpInSlices],
  ])(
    '%s is kept with the one before it, and no others, whatever files a killed daemon has left',
    async (_how, dump) => {
      const { journal, rig } = await machine(9, 100_000, 5);
      const directory = join(folder, 'mpathd');
      for (const detail of ['first', 'second', 'third']) {
        expect(await dump(directory, { ...HEADER, reason: 'crash', detail }, journal().recording())).toMatchObject({
          ok: true,
        });
        writeFileSync(join(directory, 'crash.journal.new'), 'cut o');
      }
      rmSync(join(directory, 'crash.journal.new'));
      expect(readdirSync(directory).sort()).toEqual(['crash.journal', 'crash.journal.old']);
      const detailOf = (name: string): unknown => readWhole(readFileSync(join(directory, name))).header.detail;
      expect([detailOf('crash.journal'), detailOf('crash.journal.old')]).toEqual(['third', 'second']);
      expect(['crash.journal', ''].map((name) => statSync(join(directory, name)).mode & 0o777)).toEqual([0o600, 0o700]);
      void rig.runtime.stop();
    },
  );

  it('in the middle of a step has the input of this step, and no digest', async () => {
    const { journal, rig } = await machine(10, 100_000, 5);
    journal().record({ type: 'wake', at: rig.runtime.tables.now + 1 });
    dumpJournal(folder, { ...HEADER, reason: 'crash' }, journal().recording());
    const text = readFileSync(join(folder, 'crash.journal'));
    const read = readWhole(text);
    expect(read.end.digest).toBeNull();
    expect(read.inputs.at(-1)?.input.type).toBe('wake');
    expect(replayed(text).effects).toHaveLength(read.inputs.length);
    void rig.runtime.stop();
  });

  it.each([
    ['at once', dumpJournal],
    ['while the daemon goes on', dumpInSlices],
  ])('%s that cannot be written says why', async (_how, dump) => {
    const { journal, rig } = await machine(11, 100_000, 5);
    writeFileSync(join(folder, 'file'), '');
    expect(await dump(join(folder, 'file', 'x'), HEADER, journal().recording())).toMatchObject({
      ok: false,
      failure: { errno: 'ENOTDIR' },
    });
    void rig.runtime.stop();
  });
});

describe('a journal', () => {
  /** A snapshot that is too long to be written down at once. */
  const snapshot = (at: number): Input => ({
    type: 'snapshot',
    asked: 1,
    purpose: 'audit',
    snapshot: {
      dm: { ok: true, value: [] },
      maps: [],
      blocks: {
        ok: true,
        value: Array.from({ length: 30_000 }, (_, n) => ({ name: `sd${n}`, reading: failedReading })),
      },
    },
    at,
  });
  const failedReading = {
    ok: false,
    failure: { code: 'KERNEL_ERROR', operation: 'read', device: 'x', errno: 'EIO' },
  } as const;
  const feed = (engine: Engine, journal: Journal, input: Input): void => {
    journal.record(input);
    engine.step(input);
    journal.stepped();
  };

  it.each([1, 1 << 26])(
    'has the inputs that came while a snapshot is written down, in their order, with a limit of %i',
    async (limit) => {
      const engine = createEngine();
      const journal = createJournal(engine, limit);
      const inputs: Input[] = [
        { type: 'wake', at: 1 },
        snapshot(2),
        { type: 'wake', at: 3 },
        snapshot(4),
        { type: 'wake', at: 5 },
      ];
      for (const input of inputs) {
        feed(engine, journal, input);
        // A part of a snapshot is written down, and this part is enough for a checkpoint to be due.
        await new Promise((resolve) => setImmediate(resolve));
      }
      const read = readWhole(textOf(journal.recording()));
      expect(read.checkpoint.seq + read.inputs.length).toBe(5);
      // A checkpoint waits until its lines are written. No checkpoint came after the last line.
      expect(read.inputs.map(({ input }) => input.type)).toEqual(
        inputs.slice(read.checkpoint.seq).map(({ type }) => type),
      );
      expect(read.inputs.map(({ input }) => input.at)).toEqual(inputs.slice(read.checkpoint.seq).map(({ at }) => at));
      const longest = read.inputs.map(({ input }) => input).filter(({ type }) => type === 'snapshot');
      expect(longest.every((input) => JSON.stringify(input).length === JSON.stringify(inputs[1]).length)).toBe(true);
      expect(read.inputs.length).toBeGreaterThanOrEqual(3);
      // The rest is written without a request.
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(readWhole(textOf(journal.recording())).end.end).toBe(5);
    },
    30_000,
  );

  it('writes a list of bindings again after a checkpoint, at which a reader may begin', () => {
    const engine = createEngine();
    const journal = createJournal(engine, 2_000);
    const bindings = [{ alias: 'mpatha', wwid: 'w' }];
    for (let at = 1; at < 200; at++)
      feed(engine, journal, {
        type: 'alias-bound',
        id: at,
        wwid: 'w',
        reading: { ok: true, value: { alias: 'mpatha', bindings } },
        at,
      });
    const text = textOf(journal.recording());
    const read = readWhole(text);
    expect(read.checkpoint.seq).toBeGreaterThan(0);
    expect(read.inputs[0]?.input).toMatchObject({ reading: { value: { bindings } } });
    expect(text.toString().match(/"bindings":true/g)?.length).toBeGreaterThan(10);
  });
});

describe('in memory', () => {
  const event = (n: number) =>
    ({ type: 'fence-written', uuid: 'x'.repeat(100), reading: { ok: true, value: null }, at: n }) as const;

  it('it takes no more than its limit and some room to write in, however many inputs come', async () => {
    const { rig, engine } = await machine(12, 100_000, 5);
    const limit = 1 << 20;
    const journal = createJournal(engine(), limit);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let n = 0; n < 200_000; n++) {
      journal.record(event(n));
      journal.stepped();
      if (n % 1_000 === 0) most = Math.max(most, journal.memory);
    }
    const recording = journal.recording();
    expect(recording.last - engine().checkpoint().seq).toBe(200_000);
    expect(journal.bytes).toBeGreaterThanOrEqual(limit / 2);
    expect(journal.bytes).toBeLessThanOrEqual(limit + 1_000);
    expect(most).toBeLessThanOrEqual(1.5 * limit);
    // What the process really holds: its memory is collected now and then, and does not grow.
    const gc = runInNewContext('gc') as () => void;
    gc();
    await new Promise((resolve) => setImmediate(resolve));
    gc();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * limit);
    void rig.runtime.stop();
  });
});
