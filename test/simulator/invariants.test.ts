import fc from 'fast-check';
import { KernelRefusal } from '../../src/simulator/dmIoctl';
import { pathsOf, type SimDisk, type World } from '../../src/simulator/world';
import type { Uevent } from '../../src/model/uevent';
import { createMachine, multipath, WWID, type Machine } from './machine';

type Step =
  | { do: 'add'; lun: number; host: number }
  | { do: 'remove'; disk: number; io: boolean }
  | { do: 'change'; disk: number; answer: 'up' | 'down'; io: boolean }
  | { do: 'remap' | 'resize'; disk: number; to: number }
  | { do: 'create' | 'reload'; map: number; disks: number[]; sectors: number }
  | { do: 'rename'; map: number; to: number }
  | { do: 'drop' | 'open' | 'close' | 'suspend' | 'resume'; map: number }
  | { do: 'message'; map: number; verb: 'fail_path' | 'reinstate_path'; disk: number }
  | { do: 'wait'; ms: number };

const disk = fc.nat(6);
const map = fc.nat(4);
const sectors = fc.constantFrom(8192, 16384, 32768);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({ do: fc.constant('add' as const), lun: fc.integer({ min: 1, max: 3 }), host: fc.nat(3) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), disk, io: fc.boolean() }) },
  fc.record({
    do: fc.constant('change' as const),
    disk,
    answer: fc.constantFrom('up' as const, 'down' as const),
    io: fc.boolean(),
  }),
  fc.record({ do: fc.constantFrom('remap' as const, 'resize' as const), disk, to: fc.integer({ min: 1, max: 3 }) }),
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('create' as const, 'reload' as const),
      map,
      disks: fc.array(disk, { maxLength: 3 }),
      sectors,
    }),
  },
  fc.record({ do: fc.constant('rename' as const), map, to: map }),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('drop' as const, 'open' as const, 'close' as const, 'suspend' as const, 'resume' as const),
      map,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('message' as const),
      map,
      verb: fc.constantFrom('fail_path' as const, 'reinstate_path' as const),
      disk,
    }),
  },
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(50) }),
);

const nameOf = (n: number): string => `sd${String.fromCharCode(97 + n)}`;
const devtOf = (n: number): string => `8:${16 * n}`;
const tableOf = (disks: number[]): string =>
  disks.length === 0
    ? '0 0 0 0'
    : `0 0 1 1 round-robin 0 ${disks.length} 1 ${disks.map((d) => `${devtOf(d)} 1`).join(' ')}`;

/** The administrator's memory of what was loaded into which map: UUID to paths. */
type Memory = Map<string, string[]>;

function act(m: Machine, memory: Memory, s: Step): void {
  const { admin } = m;
  const uuid = 'map' in s ? `mpath-${s.map}` : '';
  const mapName = (): string => m.world.dmByUuid.get(uuid)?.name ?? 'absent';
  switch (s.do) {
    case 'add':
      return void admin.addDisk({ wwid: WWID(s.lun), hcil: `${s.host}:0:0:${s.lun}` });
    case 'remove':
      return admin.removeDisk(nameOf(s.disk), s.io);
    case 'change':
      return admin.change(nameOf(s.disk), { answer: s.answer, io: s.io });
    case 'remap':
      return admin.remap(nameOf(s.disk), WWID(s.to));
    case 'resize':
      return admin.resize(nameOf(s.disk), 8192 * s.to);
    case 'create':
      admin.createMap(`map${s.map}`, uuid, multipath(tableOf(s.disks), s.sectors));
      memory.set(uuid, s.disks.map(devtOf));
      return;
    case 'reload':
      admin.reloadMap(mapName(), multipath(tableOf(s.disks), s.sectors));
      memory.set(uuid, s.disks.map(devtOf));
      return;
    case 'rename':
      return admin.renameMap(mapName(), `map${s.to}`);
    case 'drop':
      admin.removeMap(mapName());
      memory.delete(uuid);
      return;
    case 'open':
      return admin.openMap(mapName());
    case 'close':
      return admin.closeMap(mapName());
    case 'suspend':
      return admin.suspendMap(mapName());
    case 'resume':
      return admin.resumeMap(mapName());
    case 'message':
      return admin.messageMap(mapName(), `${s.verb} ${devtOf(s.disk)}`);
    case 'wait':
      while (m.time.step(m.time.now() + s.ms)) continue;
  }
}

function checkDisks(world: World): void {
  const references = new Map<SimDisk, number>();
  for (const dm of world.dmByDevt.values()) {
    for (const table of [dm.live, dm.inactive]) {
      for (const path of pathsOf(table)) references.set(path.disk, (references.get(path.disk) ?? 0) + 1);
    }
  }
  for (const held of references.keys()) expect(world.disksByDevt.get(held.devt)).toBe(held);
  for (const [devt, d] of world.disksByDevt) {
    expect(d.devt).toBe(devt);
    expect(d.holders.length).toBe(references.get(d) ?? 0);
    expect(d.present || d.holders.length > 0).toBe(true);
    expect(world.disks.get(d.name) === d).toBe(d.present);
  }
  expect([...world.disks.values()].every((d) => world.disksByDevt.get(d.devt) === d)).toBe(true);
  const places = [...world.disks.values()].map((d) => d.hcil);
  expect(new Set(places).size).toBe(places.length);
}

function checkMaps(m: Machine, memory: Memory): void {
  const { world } = m;
  const dms = [...world.dmByDevt.values()];
  for (const key of ['minor', 'name', 'uuid', 'diskseq', 'devpath'] as const) {
    expect(new Set(dms.map((d) => d[key])).size).toBe(dms.length);
  }
  for (const dm of dms) {
    expect(world.dmByName.get(dm.name)).toBe(dm);
    expect(world.dmByUuid.get(dm.uuid)).toBe(dm);
  }
  expect([world.dmByName.size, world.dmByUuid.size]).toEqual([dms.length, dms.length]);
  const told = [...m.truth().maps].map(([uuid, t]) => [uuid, t.paths.map((p) => p.devt)]);
  expect(new Map(told as Array<[string, string[]]>)).toEqual(memory);
}

/** A sequence number stands for one disk or map, which has one number and one name space for its whole life. */
function checkEvents(events: Uevent[]): void {
  const lives = new Map<number, { devt: string | null; adds: number }>();
  let last = 0;
  for (const e of events) {
    expect(e.seqnum).toBeGreaterThan(last);
    last = e.seqnum;
    if (e.diskseq === null) continue;
    const life = lives.get(e.diskseq) ?? { devt: e.devt, adds: 0 };
    expect(life.devt).toBe(e.devt);
    if (e.action === 'add') life.adds++;
    expect(life.adds).toBe(1);
    lives.set(e.diskseq, life);
  }
}

test('whatever is done from outside, the world stays in a state that a kernel can have', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const m = createMachine();
      const memory: Memory = new Map();
      for (const s of steps) {
        try {
          act(m, memory, s);
        } catch (error) {
          if (!(error instanceof KernelRefusal)) throw error;
        }
        checkDisks(m.world);
        checkMaps(m, memory);
      }
      while (m.time.step(m.time.now() + 1000)) continue;
      checkEvents(m.events());
    }),
    { numRuns: 150 },
  );
});

test('the steps above do take effect: maps, held disks and shared paths occur', () => {
  const seen = { maps: 0, held: 0, shared: 0, refused: 0 };
  for (const steps of fc.sample(fc.array(step, { minLength: 40, maxLength: 60 }), { numRuns: 200, seed: 1 })) {
    const m = createMachine();
    for (const s of steps) {
      try {
        act(m, new Map(), s);
      } catch {
        seen.refused++;
      }
    }
    seen.maps += m.world.dmByDevt.size;
    for (const d of m.world.disksByDevt.values()) {
      if (!d.present) seen.held++;
      if (new Set(d.holders).size > 1) seen.shared++;
    }
  }
  expect(seen.maps).toBeGreaterThan(50);
  expect(seen.held).toBeGreaterThan(10);
  expect(seen.shared).toBeGreaterThan(5);
  expect(seen.refused).toBeGreaterThan(100);
});

test('the same seed and actions give the same history', async () => {
  const play = async (): Promise<string> => {
    const m = createMachine({ seed: 42, latency: { operationMs: 30, answerMs: 30 } });
    m.faults.loseUevents = 0.1;
    m.faults.reorderUevents = 0.2;
    m.faults.add({
      operations: 'all',
      devices: null,
      outcome: { kind: 'errno', errno: 'EIO' },
      times: null,
      probability: 0.2,
    });
    const answers: unknown[] = [];
    for (let n = 0; n < 40; n++) {
      m.admin.addDisk({ wwid: WWID(1 + (n % 3)), hcil: `${n}:0:0:0` });
      void m.ports.snapshot().then((s) => answers.push([m.time.now(), s]));
      await m.time.run(25);
    }
    await m.time.run(1000);
    return JSON.stringify([m.batches, m.udevBatches, answers]);
  };
  expect(await play()).toBe(await play());
});
