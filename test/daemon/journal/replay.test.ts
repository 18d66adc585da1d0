/**
 * The promise of the journal: whatever happened to the daemon, its journal gives the daemon's tables and effects again.
 */
import fc from 'fast-check';
import { digestOfTables, linesOfTables } from '../../../src/daemon/journal/replay';
import { createRandom } from '../../../src/simulator/random';
import { addPath } from '../../simulation/rig';
import { happen } from '../../simulation/recorded';
import { machine, readWhole, replayed, textOf, type Machine } from './saved';

const RUNS = Number(process.env.JOURNAL_HISTORIES ?? 40);

/** The events at a running daemon, in their order. */
type Part =
  | { kind: 'history'; actions: number }
  | { kind: 'restart' }
  | { kind: 'hang'; ms: number }
  | { kind: 'save' };

const parts: fc.Arbitrary<Part[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('history' as const), actions: fc.integer({ min: 1, max: 25 }) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('hang' as const), ms: fc.integer({ min: 0, max: 90_000 }) }),
    },
    { weight: 2, arbitrary: fc.constant({ kind: 'save' as const }) },
  ),
  { minLength: 1, maxLength: 8 },
);

async function pass({ rig }: Machine, part: Part, seed: number): Promise<void> {
  switch (part.kind) {
    case 'history':
      return happen(rig, createRandom(seed), part.actions);
    case 'restart':
      return rig.restart();
    case 'hang':
      // All calls fail, also writes. Their answers come, if at all, when the faults are released.
      rig.simulator.faults.add({
        operations: 'all',
        devices: null,
        outcome: { kind: 'hang' },
        times: 20,
        probability: 0.7,
      });
      await rig.run(part.ms);
      rig.simulator.faults.release();
      return rig.run(part.ms);
    case 'save':
      return;
  }
}

/** A file that is saved now must give the daemon's present state. */
function expectSame({ rig, engine, journal, effects }: Machine): { wrapped: boolean } {
  const text = textOf(journal().recording());
  const { checkpoint, end, inputs } = readWhole(text);
  const again = replayed(text);
  expect(again.threw).toEqual([]);
  expect(again.digest).toBe(digestOfTables(rig.runtime.tables));
  expect(end.digest).toBe(again.digest);
  expect([checkpoint.seq + inputs.length, engine().checkpoint().seq]).toEqual([effects().length, effects().length]);
  expect(again.effects).toEqual(effects().slice(checkpoint.seq));
  return { wrapped: checkpoint.seq > 0 };
}

test('a journal saved at any time of any history replays to the same tables and effects, before and after the ring has wrapped', async () => {
  const seen = { wrapped: 0, whole: 0, restarted: 0, hung: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1 << 30 }),
      fc.constantFrom(1, 4_000, 30_000, 100_000, 1 << 26),
      parts,
      async (seed, limit, history) => {
        const daemon = await machine(seed, limit);
        for (const [at, part] of history.entries()) {
          await pass(daemon, part, seed + at);
          if (part.kind !== 'history') expectSame(daemon);
          if (part.kind === 'restart') seen.restarted += 1;
          if (part.kind === 'hang') seen.hung += 1;
        }
        seen[expectSame(daemon).wrapped ? 'wrapped' : 'whole'] += 1;
        void daemon.rig.runtime.stop();
      },
    ),
    { numRuns: RUNS },
  );
  // The histories did contain everything that is claimed.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
}, 600_000);

test('a journal taken while a write hangs has the map as busy as the daemon had it', async () => {
  const daemon = await machine(1, 4_000);
  const { rig } = daemon;
  await rig.run(10_000);
  rig.simulator.faults.add({
    operations: ['reload'],
    devices: null,
    outcome: { kind: 'hang' },
    times: 1_000,
    probability: 1,
  });
  addPath(rig, 1, 7);
  await rig.run(120_000);
  const busy = [...rig.runtime.tables.maps.values()].filter(({ operation }) => operation !== null);
  expect(busy.length).toBeGreaterThan(0);
  expect(expectSame(daemon).wrapped).toBe(true);
  void rig.runtime.stop();
});

test('the tables are one line of JSON per entry, and their digest is that of the lines', async () => {
  const { rig } = await machine(3, 1 << 20, 5);
  const { tables } = rig.runtime;
  const lines = linesOfTables(tables);
  expect(lines).toHaveLength(tables.paths.size + tables.maps.size + 1);
  const [path] = tables.paths.values();
  expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(JSON.parse(JSON.stringify(path)));
  void rig.runtime.stop();
});
