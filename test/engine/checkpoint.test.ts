import { createEngine, resumeEngine, type Engine } from '../../src/engine/engine';
import { createJournal } from '../../src/daemon/journal/journal';
import { addSan, startWithSan } from '../simulation/rig';
import { parseCheckpoint, parseInput, recordHistory } from '../simulation/recorded';

const HISTORIES = 30;
const ACTIONS = 60;

const stateOf = (engine: Engine): string => JSON.stringify(engine.checkpoint());

describe('an engine restored from a checkpoint', () => {
  it.each(Array.from({ length: HISTORIES }, (_, at) => at + 1))(
    'gives the same tables and effects from then on, seed %i',
    async (seed) => {
      const recorded = await recordHistory(seed, ACTIONS);
      // The same engine from the start again. The restored engines are compared with it.
      const again = createEngine();
      const restored: Engine[] = [];
      let compared = 0;
      for (const [at, input] of recorded.inputs.entries()) {
        for (const { json } of recorded.checkpoints.filter(({ after }) => after === at)) {
          expect(stateOf(again)).toBe(json);
          restored.push(resumeEngine(parseCheckpoint(json)));
          // Two restored engines at a time are enough. A long history has dozens of checkpoints.
          if (restored.length > 2) restored.shift();
        }
        const effects = JSON.stringify(again.step(parseInput(input)));
        for (const engine of restored) {
          const theirs = JSON.stringify(engine.step(parseInput(input)));
          if (theirs !== effects)
            expect({ at, effects: JSON.parse(theirs) as unknown }).toEqual({
              at,
              effects: JSON.parse(effects) as unknown,
            });
          expect(engine.nextWake()).toBe(again.nextWake());
          compared += 1;
        }
      }
      expect(compared).toBeGreaterThan(0);
      for (const engine of [again, ...restored]) expect(stateOf(engine)).toBe(stateOf(recorded.engine));
      expect(recorded.rig.logs.filter(({ message }) => message.startsWith('internal'))).toEqual([]);
      void recorded.rig.runtime.stop();
    },
    60_000,
  );
});

describe('a checkpoint', () => {
  it('does not change when the engine goes on', async () => {
    const { engine, inputs, rig } = await recordHistory(7, 20);
    const again = createEngine();
    for (const input of inputs.slice(0, inputs.length / 2)) again.step(parseInput(input));
    const checkpoint = again.checkpoint();
    const before = JSON.stringify(checkpoint);
    for (const input of inputs.slice(inputs.length / 2)) again.step(parseInput(input));
    expect(JSON.stringify(checkpoint)).toBe(before);
    expect(stateOf(again)).toBe(stateOf(engine));
    void rig.runtime.stop();
  });

  it('stays as it is when a path is reinstated', async () => {
    const engines: Engine[] = [];
    const rig = await startWithSan(1, 2, {
      journal: (engine) => {
        engines.push(engine);
        return createJournal(engine, 1_000_000);
      },
    });
    rig.simulator.admin.change('sda', { answer: 'down', io: true });
    await rig.run(3_000);
    const checkpoint = engines[0]?.checkpoint();
    const before = JSON.stringify(checkpoint);
    rig.simulator.admin.change('sda', { answer: 'up' });
    await rig.run(10_000);
    expect(rig.runtime.tables.pathByName('sda')?.flapping.revivedAt).toEqual(expect.any(Number));
    expect(JSON.stringify(checkpoint)).toBe(before);
  });

  it('can be restored many times, and each engine goes its own way', async () => {
    const { inputs, rig } = await recordHistory(8, 20);
    const again = createEngine();
    for (const input of inputs.slice(0, 100)) again.step(parseInput(input));
    const checkpoint = again.checkpoint();
    const before = JSON.stringify(checkpoint);
    const first = resumeEngine(checkpoint);
    for (const input of inputs.slice(100)) first.step(parseInput(input));
    expect(JSON.stringify(checkpoint)).toBe(before);
    expect(stateOf(resumeEngine(checkpoint))).toBe(before);
    void rig.runtime.stop();
  });

  it('shares nothing that the engine changes in place, neither with the engine nor with a restored engine', async () => {
    const { rig, engine } = await recordHistory(9, 1);
    addSan(rig, 2, 2);
    await rig.run(10_000);
    expect([engine.tables.maps.size, engine.tables.paths.size > 3]).toEqual([2, true]);
    const checkpoint = engine.checkpoint();
    const before = JSON.stringify(checkpoint);
    for (const tables of [engine.tables, resumeEngine(checkpoint).tables]) {
      for (const path of tables.paths.values()) {
        Object.assign(path.facts ?? {}, { state: 'x', accessState: 'x', preferredPath: true });
        Object.assign(path.check, { state: 'down', message: 'x', failures: 99 });
        Object.assign(path, { held: true });
      }
      for (const map of tables.maps.values()) {
        Object.assign(map.counters, { pathFaults: 99, mapLoads: 99 });
        Object.assign(map, { lastFailure: 'x' });
      }
      tables.truth.losses.overrun += 99;
      tables.truth.counters.silentMisses += 99;
      expect(JSON.stringify(checkpoint)).toBe(before);
    }
    void rig.runtime.stop();
  });
});
