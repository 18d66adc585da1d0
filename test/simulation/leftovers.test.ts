/** After minutes of churn without a device at the end, the daemon's state is as large as at the beginning. */
import type { Engine } from '../../src/engine/engine';
import { createRandom } from '../../src/simulator/random';
import { createChurn, takeAllAway } from './churn';
import { leftovers, sizesOf } from './leftovers';
import { addSan, createRig, type Rig } from './rig';

const MINUTES = 10;

function machine(seed: number): { rig: Rig; engine: () => Engine } {
  let engine: Engine | null = null;
  const rig = createRig({
    simulator: { seed },
    journal: (running) => {
      engine = running;
      return { record: () => undefined, stepped: () => undefined, bytes: 0, recording: () => fail() };
    },
  });
  return { rig, engine: () => engine ?? fail() };
}

function fail(): never {
  throw new Error('the test has lost its way');
}

it.each([1, 2, 3])('nothing is kept of devices that are gone (seed %i)', async (seed) => {
  const { rig, engine } = machine(seed);
  await rig.runtime.start();
  await rig.run(60_000);
  const before = sizesOf(engine().checkpoint());
  let answered = 0;
  let asked = 0;
  const churn = createChurn({
    simulator: rig.simulator,
    random: createRandom(seed),
    attached: 8,
    known: 20,
    paths: 3,
    submit: (command) => {
      asked += 1;
      void rig.runtime.submit(command).then(() => (answered += 1));
    },
    look: (device) => void rig.runtime.explain(device),
  });
  let most = 0;
  for (let second = 0; second < MINUTES * 60; second++) {
    churn();
    await rig.run(1_000);
    most = Math.max(most, rig.runtime.tables.maps.size);
  }
  takeAllAway(rig.simulator);
  await rig.run(120_000);
  expect(most).toBeGreaterThan(4);
  expect(asked).toBeGreaterThan(20);
  expect(answered).toBe(asked);
  expect(leftovers(engine().checkpoint())).toBeNull();
  expect(sizesOf(engine().checkpoint())).toEqual(before);
  void rig.runtime.stop();
});

it('counts every collection of the state, also one within a record', async () => {
  const { rig, engine } = machine(1);
  addSan(rig, 2, 2);
  await rig.runtime.start();
  await rig.run(5_000);
  const counted = [...sizesOf(engine().checkpoint()).keys()];
  expect(counted).toEqual(expect.arrayContaining(['takenOutMaps', 'listing.disputed', 'gaps.suspects', 'waiters']));
  expect(leftovers(engine().checkpoint())).toMatch(/paths 4, maps 2/);
  void rig.runtime.stop();
});
