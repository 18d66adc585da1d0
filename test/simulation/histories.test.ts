/**
 * Seeded random histories of a SAN and its administrators with lost, late and reordered events and
 * failing or hanging calls. Whatever happened: once it is quiet, the tables equal the kernel's, and
 * no map holds another LUN's path.
 */
import { pathKey } from '../../src/model/identity';
import { createRandom, type Random } from '../../src/simulator/random';
import { KernelRefusal } from '../../src/simulator/dmIoctl';
import { createBench, wwidOf, type Bench } from './bench';

/** More are tried with HISTORIES=1000 in the environment. */
const HISTORIES = Number(process.env.HISTORIES ?? 40);
const ACTIONS = 60;

function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list[random.below(Math.max(1, list.length))];
}

/** One thing that happens outside the daemon. */
function act(bench: Bench, random: Random): void {
  const { admin, faults, udev, kernelListener, world } = bench.simulator;
  const disk = pick(random, [...world.disks.keys()]) ?? '';
  const map = pick(random, [...world.dmByName.keys()]) ?? '';
  const actions: Array<() => void> = [
    () => void admin.addDisk({ wwid: wwidOf(1 + random.below(3)), hcil: `${random.below(4)}:0:0:${random.below(3)}` }),
    () => void admin.addDisk({ wwid: wwidOf(1 + random.below(3)), hcil: `${random.below(4)}:0:0:${random.below(3)}` }),
    () => admin.removeDisk(disk, random.chance(0.5)),
    () => admin.change(disk, { answer: pick(random, ['up', 'down', 'hangs', 'ghost'] as const) ?? 'up', io: random.chance(0.5) }),
    () => admin.remap(disk, wwidOf(1 + random.below(3))),
    () => admin.trigger(disk, 'change', 1 + random.below(40)),
    () => admin.renameMap(map, `name${random.below(4)}`),
    () => (random.chance(0.3) ? admin.removeMap(map) : undefined),
    () => (random.chance(0.5) ? udev?.stop() : udev?.continue()),
    () => (random.chance(0.5) ? kernelListener.pause() : kernelListener.resume()),
    () => {
      faults.loseUevents = random.chance(0.5) ? 0.3 : 0;
    },
    () => {
      faults.reorderUevents = random.chance(0.5) ? 0.3 : 0;
    },
    () => void faults.add({ operations: 'all', devices: null, outcome: pick(random, OUTCOMES) ?? OUTCOMES[0], times: 1 + random.below(4), probability: 0.5 }),
    () => void faults.release(),
  ];
  try {
    pick(random, actions)?.();
  } catch (error) {
    // What is not there cannot be removed: no history at all.
    if (!(error instanceof KernelRefusal)) throw error;
  }
}

const OUTCOMES = [
  { kind: 'errno', errno: 'ENOMEM' },
  { kind: 'late', ms: 3_000 },
  { kind: 'hang' },
] as const;

/** Everything that was broken is whole again; then there is time. */
async function quieten(bench: Bench): Promise<void> {
  const { admin, faults, udev, kernelListener, world } = bench.simulator;
  faults.clear();
  faults.release();
  faults.loseUevents = 0;
  faults.reorderUevents = 0;
  udev?.continue();
  kernelListener.resume();
  for (const name of world.disks.keys()) admin.change(name, { answer: 'up' });
  // Longer than the pause between rescans without a sign of loss.
  await bench.run(700_000);
}

function wrongs(bench: Bench): string[] {
  const truth = bench.simulator.truth();
  const found: string[] = [];
  for (const [uuid, map] of truth.maps) {
    for (const path of map.paths) {
      if (!path.present) found.push(`${uuid} holds ${path.devt}, which is gone`);
      else if (uuid !== `mpath-${path.wwid}`) found.push(`${uuid} holds ${path.devt} of ${path.wwid}`);
      if (!path.active) found.push(`${path.devt} is failed although it answers`);
    }
  }
  for (const path of truth.paths.values()) {
    const known = bench.runtime.tables.paths.get(pathKey(path.devt, path.diskseq));
    if (known?.wwid !== path.wwid) found.push(`${path.name} is taken for ${known?.wwid}`);
  }
  for (const entry of bench.logs) if (entry.message.startsWith('internal')) found.push(entry.message);
  return found;
}

describe('after any history, once it is quiet', () => {
  it.each(Array.from({ length: HISTORIES }, (_, at) => at + 1))('seed %i: the tables equal the kernel\'s', async (seed) => {
    const random = createRandom(seed);
    const bench = createBench({ simulator: { seed, listener: { bufferBytes: 8_192 }, latency: { operationMs: 20, answerMs: 20 } } });
    await bench.runtime.start();
    for (let i = 0; i < ACTIONS; i++) {
      act(bench, random);
      await bench.run(random.below(3_000));
    }
    await quieten(bench);
    expect(wrongs(bench)).toEqual([]);
    expect(bench.view()).toEqual(bench.truth());
    bench.runtime.stop();
  }, 60_000);
});
