/** A daemon that is killed between any two system calls of a write, and the daemon that starts after it. */
import type { Operation } from '../../src/simulator/faults';
import { addSan, createRig, startWithSan, type Rig } from './rig';

type Write = Extract<Operation, 'create' | 'reload' | 'rename' | 'remove' | 'message'>;

/** The daemon dies in its next such write, after so many system calls. Returns whether it has died. */
function dieIn(rig: Rig, operation: Write, calls: number): () => boolean {
  let hasDied = false;
  const { faults } = rig.simulator;
  faults.onDeath = () => {
    hasDied = true;
    rig.kill();
  };
  faults.add({ operations: [operation], devices: null, outcome: { kind: 'dies', calls }, times: 1, probability: 1 });
  return () => hasDied;
}

const onlyMap = (rig: Rig) => [...rig.simulator.world.dmByName.values()][0];

interface Case {
  write: Write;
  what: string;
  /** The number of its system calls. */
  calls: number;
  prepare(): Promise<Rig>;
  cause(rig: Rig): Promise<void> | void;
  /** Paths of the map at the end; null: there is no map. */
  paths: number | null;
}

const CASES: readonly Case[] = [
  {
    write: 'create',
    what: 'a create',
    calls: 3,
    prepare: () => {
      const rig = createRig();
      addSan(rig, 1, 2);
      return Promise.resolve(rig);
    },
    cause: (rig) => rig.runtime.start(),
    paths: 2,
  },
  {
    write: 'reload',
    what: 'a reload',
    calls: 2,
    prepare: () => startWithSan(1, 3),
    cause: (rig) => rig.simulator.admin.removeDisk('sda'),
    paths: 2,
  },
  {
    write: 'reload',
    // The LUN became smaller than its map, so the kernel takes no table of it, neither the new nor the old one.
    what: 'a reload that the kernel refuses at the swap',
    calls: 4,
    prepare: () => startWithSan(1, 3),
    cause: (rig) => {
      for (const disk of ['sda', 'sdb', 'sdc']) rig.simulator.admin.resize(disk, 8_192);
      rig.simulator.admin.removeDisk('sda');
    },
    paths: 3,
  },
  {
    write: 'rename',
    what: 'a rename',
    calls: 2,
    prepare: () => startWithSan(1, 2),
    cause: async (rig) => {
      rig.simulator.admin.renameMap('mpatha', 'data');
      await rig.run(1_000);
      void rig.runtime.submit({ kind: 'reconfigure' });
    },
    paths: 2,
  },
  {
    write: 'remove',
    what: 'a removal',
    calls: 1,
    prepare: () => startWithSan(1, 2),
    cause: (rig) => {
      for (const disk of ['sda', 'sdb']) rig.simulator.admin.removeDisk(disk);
    },
    paths: null,
  },
];

const moments = CASES.flatMap((one) => Array.from({ length: one.calls + 1 }, (_, after) => ({ ...one, after })));

test.each(moments)('$what, after $after of $calls system calls', async ({ write, after, prepare, cause, paths }) => {
  const rig = await prepare();
  const hasDied = dieIn(rig, write, after);
  await cause(rig);
  await rig.run(5_000);
  expect(hasDied()).toBe(true);
  await rig.boot();
  await rig.run(20_000);
  const dm = onlyMap(rig);
  expect(dm === undefined ? null : { suspended: dm.suspended, loaded: dm.inactive !== null }).toEqual(
    paths === null ? null : { suspended: false, loaded: false },
  );
  expect(Object.values(rig.view().maps).map((map) => [map.name, map.paths.length])).toEqual(
    paths === null ? [] : [['mpatha', paths]],
  );
  expect(rig.view()).toEqual(rig.truth());
});

test('a map that somebody suspends while the daemon lives stays suspended', async () => {
  const rig = await startWithSan(1, 2);
  rig.simulator.admin.suspendMap('mpatha');
  await rig.run(60_000);
  expect(onlyMap(rig)?.suspended).toBe(true);
});

test('a map that somebody had suspended before the start stays suspended', async () => {
  const rig = await startWithSan(1, 2);
  rig.simulator.admin.suspendMap('mpatha');
  await rig.restart();
  await rig.run(60_000);
  expect(onlyMap(rig)?.suspended).toBe(true);
});

test.each([1, 2])('a map whose LUN has lost its other path is taken back (%i system calls)', async (calls) => {
  const rig = createRig();
  addSan(rig, 1, 2);
  const hasDied = dieIn(rig, 'create', calls);
  await rig.runtime.start();
  await rig.run(1_000);
  expect(hasDied()).toBe(true);
  rig.simulator.admin.removeDisk('sdb');
  await rig.boot();
  await rig.run(10_000);
  expect(onlyMap(rig)).toBeUndefined();
  expect(rig.simulator.world.disks.get('sda')?.holders).toEqual([]);
  expect(rig.view()).toEqual(rig.truth());
});
