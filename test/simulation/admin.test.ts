import type { AdminCommand, AdminResult } from '../../src/engine/protocol';
import { uuidOfWwid } from '../../src/model/identity';
import { configured, startWithSan, wwidOf, type Rig } from './rig';

const LUN1 = uuidOfWwid(wwidOf(1));

/** Submits a command, and lets time pass until the answer is there. */
async function ask(rig: Rig, command: AdminCommand): Promise<AdminResult | 'no answer'> {
  let result: AdminResult | 'no answer' = 'no answer';
  void rig.runtime.submit(command).then((answer) => {
    result = answer;
  });
  for (let i = 0; i < 60 && result === 'no answer'; i++) await rig.run(100);
  return result;
}

describe('del path and add path', () => {
  it('take a path out of the tables and its map until somebody asks for it again', async () => {
    const rig = await startWithSan(1, 3);
    expect(await ask(rig, { kind: 'del-path', path: 'sda' })).toEqual({ outcome: 'ok' });
    expect(rig.runtime.tables.pathByName('sda')).toBeUndefined();
    expect(rig.truth().maps[LUN1]?.paths).toEqual(['8:16 active', '8:32 active']);
    await ask(rig, { kind: 'resync' });
    expect(rig.runtime.tables.pathByName('sda')).toBeUndefined();

    expect(await ask(rig, { kind: 'add-path', path: 'sda' })).toEqual({ outcome: 'ok' });
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(3);
    expect(rig.view()).toEqual(rig.truth());
  });

  it('answer "not found" for a path that the kernel does not have', async () => {
    const rig = await startWithSan(1, 2);
    expect(await ask(rig, { kind: 'add-path', path: 'sdzz' })).toMatchObject({
      outcome: 'fail',
      reason: 'not-found',
    });
    expect(await ask(rig, { kind: 'del-path', path: 'sdzz' })).toMatchObject({
      outcome: 'fail',
      reason: 'not-found',
    });
  });

  it('accept a device number', async () => {
    const rig = await startWithSan(1, 3);
    expect(await ask(rig, { kind: 'del-path', path: '8:16' })).toEqual({ outcome: 'ok' });
    expect(rig.truth().maps[LUN1]?.paths).toEqual(['8:0 active', '8:32 active']);
    expect(await ask(rig, { kind: 'add-path', path: '8:16' })).toEqual({ outcome: 'ok' });
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(3);
  });

  it('a deleted path comes back with a new add uevent', async () => {
    const rig = await startWithSan(1, 3);
    await ask(rig, { kind: 'del-path', path: 'sda' });
    rig.simulator.admin.trigger('sda', 'add');
    await rig.run(2_000);
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(3);
  });
});

describe('del map and add map', () => {
  it('flush a map, and make it again only on demand', async () => {
    const rig = await startWithSan(1, 2);
    expect(await ask(rig, { kind: 'del-map', map: 'mpatha' })).toEqual({ outcome: 'ok' });
    await ask(rig, { kind: 'resync' });
    await rig.run(5_000);
    expect(rig.truth().maps).toEqual({});
    expect(await ask(rig, { kind: 'add-map', map: wwidOf(1) })).toEqual({ outcome: 'ok' });
    expect(rig.truth().maps[LUN1]?.name).toBe('mpatha');
  });

  it('leave a map in use alone and answer that it is busy', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.admin.openMap('mpatha');
    expect(await ask(rig, { kind: 'del-map', map: 'mpatha' })).toMatchObject({ outcome: 'fail', reason: 'busy' });
    expect(rig.view()).toEqual(rig.truth());
    expect(rig.truth().maps[LUN1]?.paths).toHaveLength(2);
  });

  it('find a map by alias, WWID and dm name, and nothing else', async () => {
    for (const name of ['mpatha', wwidOf(1), 'dm-0']) {
      const rig = await startWithSan(1, 2);
      expect(await ask(rig, { kind: 'del-map', map: name })).toEqual({ outcome: 'ok' });
    }
    const rig = await startWithSan(1, 2);
    expect(await ask(rig, { kind: 'del-map', map: 'mpath' })).toMatchObject({ outcome: 'fail', reason: 'not-found' });
  });

  it('make a map of a single path on demand', async () => {
    const rig = await startWithSan(1, 1);
    expect(rig.truth().maps).toEqual({});
    expect(await ask(rig, { kind: 'add-map', map: wwidOf(1) })).toEqual({ outcome: 'ok' });
    expect(rig.truth().maps[LUN1]?.paths).toEqual(['8:0 active']);
    await rig.run(5_000);
    expect(rig.view()).toEqual(rig.truth());
  });
});

describe('audit', () => {
  it('finds no difference when the tables are right', async () => {
    const rig = await startWithSan(2, 2);
    expect(await ask(rig, { kind: 'audit' })).toEqual({
      outcome: 'audit',
      differences: [],
      unknown: [],
      paths: 4,
      maps: 2,
    });
  });

  it('names each difference and changes nothing', async () => {
    const rig = await startWithSan(2, 2);
    rig.simulator.faults.loseUevents = 1;
    rig.simulator.admin.removeDisk('sda');
    const result = await ask(rig, { kind: 'audit' });
    expect(result).toMatchObject({
      outcome: 'audit',
      differences: [{ device: 'sda', field: 'path', tables: expect.stringMatching(/^8:0#\d+$/), kernel: 'absent' }],
    });
    expect(rig.runtime.tables.pathByName('sda')).toBeDefined();
  });

  it('names the devices that the kernel did not answer for', async () => {
    const rig = await startWithSan(1, 2);
    rig.simulator.faults.add({
      operations: ['snapshot-map'],
      devices: null,
      outcome: { kind: 'errno', errno: 'EIO' },
      times: null,
      probability: 1,
    });
    const result = await ask(rig, { kind: 'audit' });
    expect(result).toMatchObject({ outcome: 'audit', differences: [], unknown: [{ errno: 'EIO' }] });
  });
});

describe("a text that is the name of one LUN's map and the WWID of another LUN", () => {
  const start = async (): Promise<Rig> => {
    const rig = await startWithSan(2, 2, configured({ user_friendly_names: false }));
    // mpathd cannot give the names back.
    rig.simulator.faults.add({
      operations: ['rename'],
      devices: null,
      outcome: { kind: 'errno', errno: 'EBUSY' },
      times: null,
      probability: 1,
    });
    const { admin } = rig.simulator;
    admin.renameMap(wwidOf(1), 'tmp');
    admin.renameMap(wwidOf(2), wwidOf(1));
    admin.renameMap('tmp', wwidOf(2));
    await rig.run(2_000);
    return rig;
  };

  it.each(['del-map', 'disable-queueing'] as const)('%s changes neither map, and says what to do', async (kind) => {
    const rig = await start();
    const before = rig.truth();
    expect(await ask(rig, { kind, map: wwidOf(1) })).toMatchObject({
      outcome: 'fail',
      message: expect.stringMatching(/name of one map and the WWID of another one: .*dm-N/),
    });
    expect(rig.truth()).toEqual(before);
  });

  it('del-map by UUID, as `remove maps` asks, takes the map that is meant', async () => {
    const rig = await start();
    expect(await ask(rig, { kind: 'del-map', map: LUN1 })).toEqual({ outcome: 'ok' });
    expect(Object.keys(rig.truth().maps)).toEqual([uuidOfWwid(wwidOf(2))]);
  });
});
