/** What the journal costs, per input and on 10,000 paths. The figures are printed, not asserted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMAT, FORMAT_VERSION } from '../../src/daemon/journal/format';
import { createJournal, type Journal } from '../../src/daemon/journal/journal';
import { saveJournal } from '../../src/daemon/journal/saveFile';
import { resumeEngine } from '../../src/engine/engine';
import type { InputBody } from '../../src/engine/protocol';
import { createLargeSan, UP, type LargeSan } from './largeSan';

const LUNS = Number(process.env.BENCH_LUNS ?? 2_500);
const PATHS = 4;
const ROUNDS = 20_000;
const WORK = 60_000;

const rows: string[] = [];
const row = (what: string, figure: number, unit: string): void =>
  void rows.push(`${what.padEnd(52)} ${figure.toFixed(figure < 10 ? 2 : 0).padStart(9)} ${unit}`);

function timed<T>(work: () => T): { ms: number; value: T } {
  const begin = process.hrtime.bigint();
  const value = work();
  return { ms: Number(process.hrtime.bigint() - begin) / 1e6, value };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** The longest time, ms, in which nothing else could run. */
async function longestStall(work: Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = process.hrtime.bigint();
  const look = (): void => {
    const now = process.hrtime.bigint();
    longest = Math.max(longest, Number(now - last) / 1e6);
    last = now;
    timer = setImmediate(look);
  };
  let timer = setImmediate(look);
  await work;
  clearImmediate(timer);
  return longest;
}

/** The same steps as in the runtime. */
function work(san: LargeSan, bodies: readonly InputBody[], journal: Journal | null): void {
  for (let i = 0; i < WORK; i++) {
    const body = bodies[i % bodies.length];
    if (body === undefined) return;
    journal?.record({ ...body, at: 1 });
    san.step(body);
    journal?.stepped();
  }
}

/** Waits until a snapshot is written down. */
async function written(journal: Journal): Promise<void> {
  for (let before = -1; before !== journal.bytes; ) {
    before = journal.bytes;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('the journal', async () => {
  const san = createLargeSan(LUNS, PATHS);
  const { engine } = san;
  expect([engine.tables.paths.size, engine.tables.maps.size]).toEqual([LUNS * PATHS, LUNS]);
  const path = san.paths[0];
  const map = san.maps[0];
  if (path === undefined || map === undefined) throw new Error('no paths');
  const change = {
    source: 'kernel',
    action: 'change',
    devpath: path.devpath,
    subsystem: 'block',
    devtype: 'disk',
    name: path.name,
    devt: path.devt,
    diskseq: path.diskseq,
    seqnum: 5,
    synthUuid: null,
    env: { DEVTYPE: 'disk', SEQNUM: '5' },
  } as const;
  const inputs: Record<string, InputBody> = {
    'check-done': { type: 'check-done', path: `${path.devt}#${path.diskseq}`, outcome: UP },
    'uevents (one event)': {
      type: 'uevents',
      source: 'kernel',
      batch: { events: [change], losses: [], refused: 0, drained: [] },
    },
    'map-read': { type: 'map-read', asked: 1, by: { uuid: map.uuid }, reading: { ok: true, value: map } },
    'block-read': { type: 'block-read', asked: 1, name: path.name, reading: { ok: true, value: path } },
  };
  const journal = createJournal(engine, 1 << 30);
  for (const [name, body] of Object.entries(inputs)) {
    const before = journal.bytes;
    const input = { ...body, at: 1 };
    const record = timed(() => {
      for (let i = 0; i < ROUNDS; i++) journal.record(input);
    });
    row(`record ${name}`, (record.ms * 1000) / ROUNDS, 'us');
    row('  its length', (journal.bytes - before) / ROUNDS, 'bytes');
    const steps = timed(() => {
      for (let i = 0; i < ROUNDS / 10; i++) san.step(body);
    });
    row('  beside: the step itself', (steps.ms * 1000) / (ROUNDS / 10), 'us');
  }
  const snapshot = { type: 'snapshot', asked: 1, purpose: 'resync', snapshot: san.snapshot, at: 1 } as const;
  const before = journal.bytes;
  row(`record a snapshot of ${LUNS * PATHS} paths: at once`, timed(() => journal.record(snapshot)).ms, 'ms');
  row('  written down later: longest stall', await longestStall(written(journal)), 'ms');
  row('  in all, if it had to be at once', timed(() => (journal.record(snapshot), journal.recording())).ms, 'ms');
  row('  its length', (journal.bytes - before) / 2 / (1 << 20), 'MiB');
  row(
    '  beside: reading it in again (JSON.parse)',
    timed(() => JSON.parse(JSON.stringify(snapshot)) as unknown).ms,
    'ms',
  );

  const fresh = createJournal(engine, 1 << 24);
  const mixed = [inputs['check-done'], inputs['uevents (one event)'], inputs['map-read']].filter(
    (body) => body !== undefined,
  );
  const turns = Array.from(
    { length: 5 },
    () => [timed(() => work(san, mixed, null)).ms, timed(() => work(san, mixed, fresh)).ms] as const,
  );
  row(
    `rate without a journal (${mixed.length} kinds in turn)`,
    (WORK / median(turns.map(([without]) => without))) * 1000,
    'inputs/s',
  );
  row('  with one of 16 MiB, which wraps', (WORK / median(turns.map(([, noted]) => noted))) * 1000, 'inputs/s');
  global.gc?.();
  row('  memory of its lines when it is full', fresh.memory / (1 << 20), 'MiB');
  row('  and their length', fresh.bytes / (1 << 20), 'MiB');
  const one = createJournal(engine, 1 << 24);
  one.record(snapshot);
  await written(one);
  one.stepped();
  row('  memory with one resync in it', one.memory / (1 << 20), 'MiB');

  const taken = Array.from({ length: 15 }, () => timed(() => engine.checkpoint()));
  row(`checkpoint of ${LUNS * PATHS} paths, median`, median(taken.map(({ ms }) => ms)), 'ms');
  row('  longest', Math.max(...taken.map(({ ms }) => ms)), 'ms');
  taken.length = 0;
  global.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const kept = engine.checkpoint();
  global.gc?.();
  if (global.gc !== undefined) row('  its memory', (process.memoryUsage().heapUsed - heap) / (1 << 20), 'MiB');
  row('restoring it', timed(() => resumeEngine(kept)).ms, 'ms');

  const folder = mkdtempSync(join(tmpdir(), 'journal-bench-'));
  const header = {
    format: FORMAT,
    version: FORMAT_VERSION,
    daemon: 'x',
    pid: 1,
    savedAt: '',
    at: 0,
    reason: 'asked',
    detail: null,
  } as const;
  const begin = process.hrtime.bigint();
  const recording = timed(() => fresh.recording());
  row('save: at once (the state is copied)', recording.ms, 'ms');
  const saving = saveJournal(join(folder, 'f'), header, recording.value);
  row('  longest stall after it', await longestStall(saving), 'ms');
  row('  in all', Number(process.hrtime.bigint() - begin) / 1e6, 'ms');
  const saved = await saving;
  if (saved.ok) row('  file', saved.value.bytes / (1 << 20), 'MiB');
  rmSync(folder, { recursive: true });
  process.stdout.write(`\n${rows.join('\n')}\n\n`);
}, 600_000);
