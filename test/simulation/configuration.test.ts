/** How a reconfigure with other files changes the maps and paths of a running daemon. */
import type { Failure } from '../../src/model/failure';
import { uuidOfWwid } from '../../src/model/identity';
import { blacklistOf, changingFiles, configurationOf, ruleOf } from '../configuration';
import { addPath, addSan, createRig, wwidOf } from './rig';
import { maps, reasonOf, setup } from './configured';

const [A, B] = [wwidOf(1), wwidOf(2)];
const BLACKLISTED = configurationOf({}, { blacklist: blacklistOf({ wwid: [ruleOf(`^${A}$`, 7)] }) });

describe('a reconfigure', () => {
  test('with the same files writes nothing', async () => {
    const { rig, writes, reconfigure } = await setup();
    expect(await reconfigure()).toEqual({ outcome: 'ok' });
    expect(writes).toEqual([]);
    expect(rig.view()).toEqual(rig.truth());
  });

  test('with `all` loads every map anew, once', async () => {
    const { writes, reconfigure, rig } = await setup();
    expect(await reconfigure(undefined, true)).toEqual({ outcome: 'ok' });
    await rig.run(60_000);
    expect(writes.sort()).toEqual([`reload ${uuidOfWwid(A)}`, `reload ${uuidOfWwid(B)}`]);
    expect(rig.view()).toEqual(rig.truth());
  });

  test('with files that cannot be used changes nothing, and its answer says why', async () => {
    const { rig, writes, reconfigure } = await setup();
    const before = rig.view();
    const failure: Failure = {
      code: 'MALFORMED',
      operation: 'read',
      device: '/etc/multipath.conf',
      errno: null,
      detail: 'line 3: no }',
    };
    expect(await reconfigure(failure)).toEqual({
      outcome: 'fail',
      reason: 'other',
      message: 'read /etc/multipath.conf: MALFORMED (line 3: no }); the running configuration stays',
    });
    expect(writes).toEqual([]);
    expect(rig.view()).toEqual(before);
    expect(rig.runtime.configuration().source).toEqual(configurationOf());
    expect(rig.logs).toContainEqual({
      level: 'error',
      device: null,
      message: expect.stringMatching(/^not reconfigured: .*line 3: no }/) as string,
    });
  });

  test('with another pace of the checkers changes the pace, unless the command line sets it', async () => {
    const { rig, reconfigure } = await setup();
    const interval = (): number | undefined => rig.runtime.tables.pathByName('sda')?.check.intervalMs;
    await rig.run(120_000);
    expect(interval()).toBe(20_000);
    await reconfigure(configurationOf({ polling_interval: 1, max_polling_interval: 2 }));
    await rig.run(60_000);
    expect(interval()).toBe(2_000);
  });
});

test('if the files cannot be used at the start, the start fails, and nothing is adopted', async () => {
  const files = changingFiles();
  files.set({
    code: 'MALFORMED',
    operation: 'read',
    device: '/etc/multipath.conf',
    errno: null,
    detail: 'line 3: no }',
  });
  const rig = createRig({ configuration: files.source, wwids: files.wwids });
  addSan(rig, 1, 2);
  await expect(rig.runtime.start()).rejects.toThrow('read /etc/multipath.conf: MALFORMED (line 3: no })');
  await rig.run(10_000);
  expect(rig.truth().maps).toEqual({});
});

describe('the blacklist', () => {
  test('takes away a map that nobody uses, and the paths name the line', async () => {
    const { rig, writes, reconfigure } = await setup();
    await reconfigure(BLACKLISTED);
    expect(writes).toEqual([`remove ${uuidOfWwid(A)}`]);
    expect(maps(rig)).toEqual([uuidOfWwid(B)]);
    for (const name of ['sda', 'sdc'])
      expect(reasonOf(rig, name)).toBe(`blacklisted by wwid "^${A}$" (/etc/multipath.conf line 7)`);
    await reconfigure(configurationOf());
    expect(maps(rig)).toEqual([uuidOfWwid(A), uuidOfWwid(B)]);
    expect(rig.view()).toEqual(rig.truth());
    expect(reasonOf(rig, 'sda')).toBeNull();
  });

  test('leaves a map in use as it is until nobody uses it, while its paths fail and come back', async () => {
    const { rig, writes, reconfigure } = await setup();
    const before = rig.truth().maps[uuidOfWwid(A)];
    rig.simulator.admin.openMap('mpatha');
    await reconfigure(BLACKLISTED);
    await rig.run(60_000);
    expect(writes).toEqual([]);
    expect(rig.truth().maps[uuidOfWwid(A)]).toEqual(before);
    rig.simulator.admin.change('sda', { answer: 'down', io: true });
    await rig.run(30_000);
    expect(rig.truth().maps[uuidOfWwid(A)]?.paths).toEqual(['8:0 failed', '8:32 active']);
    rig.simulator.admin.change('sda', { answer: 'up' });
    await rig.run(60_000);
    expect(rig.truth().maps[uuidOfWwid(A)]).toEqual(before);
    rig.simulator.admin.closeMap('mpatha');
    await rig.run(60_000);
    expect(maps(rig)).toEqual([uuidOfWwid(B)]);
  });

  const ONE_PATH = configurationOf({}, { blacklist: blacklistOf({ devnode: [ruleOf('^sda$', 3)] }) });

  test('takes one path out of a map in use, and a later blacklist lets it back', async () => {
    const { rig, writes, reconfigure } = await setup();
    rig.simulator.admin.openMap('mpatha');
    await reconfigure(ONE_PATH);
    expect(writes).toEqual([`reload ${uuidOfWwid(A)}`]);
    expect(rig.truth().maps[uuidOfWwid(A)]?.paths).toEqual(['8:32 active']);
    await reconfigure(configurationOf());
    expect(rig.truth().maps[uuidOfWwid(A)]?.paths).toEqual(['8:0 active', '8:32 active']);
  });

  test('does not take the last working path out of a map in use', async () => {
    const { rig, reconfigure } = await setup();
    rig.simulator.admin.openMap('mpatha');
    rig.simulator.admin.change('sdc', { answer: 'down', io: true });
    await rig.run(30_000);
    await reconfigure(ONE_PATH);
    await rig.run(30_000);
    expect(rig.truth().maps[uuidOfWwid(A)]?.paths).toEqual(['8:0 active', '8:32 failed']);
    rig.simulator.admin.change('sdc', { answer: 'up' });
    await rig.run(60_000);
    expect(rig.truth().maps[uuidOfWwid(A)]?.paths).toEqual(['8:32 active']);
  });

  test('takes no path out on an old reading', async () => {
    const { rig, writes, reconfigure } = await setup();
    rig.simulator.faults.add({
      operations: ['block-read', 'snapshot-block'],
      devices: null,
      outcome: { kind: 'errno', errno: 'EIO' },
      times: null,
      probability: 1,
    });
    await reconfigure(BLACKLISTED);
    await rig.run(30_000);
    expect(writes).toEqual([]);
    rig.simulator.faults.clear();
    await rig.run(60_000);
    expect(maps(rig)).toEqual([uuidOfWwid(B)]);
  });

  test('counts at a start, too', async () => {
    const { rig, files } = await setup();
    files.set(BLACKLISTED);
    await rig.restart();
    await rig.run(10_000);
    expect(maps(rig)).toEqual([uuidOfWwid(B)]);
  });
});

describe('find_multipaths', () => {
  test('strict: only LUNs in the wwids file get a map, and the other paths have this reason', async () => {
    const { rig, files, reconfigure } = await setup(configurationOf({ find_multipaths: 'strict' }));
    expect(maps(rig)).toEqual([]);
    expect(reasonOf(rig, 'sda')).toBe(`find_multipaths strict: ${A} is not in the wwids file`);
    await files.wwids.add(B);
    await reconfigure();
    expect(maps(rig)).toEqual([uuidOfWwid(B)]);
    expect(reasonOf(rig, 'sdb')).toBeNull();
  });

  test('a map that is asked for by name is made, and its WWID is remembered', async () => {
    const { rig, files } = await setup(configurationOf({ find_multipaths: 'strict' }));
    void rig.runtime.submit({ kind: 'add-map', map: A });
    await rig.run(3_000);
    expect(maps(rig)).toEqual([uuidOfWwid(A)]);
    expect(await files.wwids.read()).toEqual({ ok: true, value: [A] });
  });

  test('on: a single path waits for a second one; after its LUN had a map, one path is enough', async () => {
    const { rig, files } = await setup(configurationOf(), 2, 1);
    expect(maps(rig)).toEqual([]);
    expect(reasonOf(rig, 'sda')).toMatch(/^find_multipaths on: it is the only path to/);
    const second = addPath(rig, 1, 1);
    await rig.run(5_000);
    expect(maps(rig)).toEqual([uuidOfWwid(A)]);
    expect(await files.wwids.read()).toEqual({ ok: true, value: [A] });
    await rig.restart(() => {
      rig.simulator.admin.removeDisk(second);
      rig.simulator.admin.removeMap(rig.truth().maps[uuidOfWwid(A)]?.name ?? '');
    });
    await rig.run(5_000);
    expect(maps(rig)).toEqual([uuidOfWwid(A)]);
  });

  test.each(['off', 'greedy'] as const)('%s: a single path is enough', async (mode) => {
    const { rig } = await setup(configurationOf({ find_multipaths: mode }), 2, 1);
    expect(maps(rig)).toEqual([uuidOfWwid(A), uuidOfWwid(B)]);
  });

  test('an existing map is adopted in every mode, and its WWID is remembered', async () => {
    const { rig, files, reconfigure } = await setup(configurationOf({ find_multipaths: 'off' }), 1, 1);
    await files.wwids.replace([]);
    await reconfigure(configurationOf({ find_multipaths: 'strict' }));
    expect(maps(rig)).toEqual([uuidOfWwid(A)]);
    expect(await files.wwids.read()).toEqual({ ok: true, value: [A] });
  });

  test('a wwids file that cannot be written delays no map, and the write is tried again', async () => {
    const files = changingFiles();
    let broken = true;
    const failure: Failure = {
      code: 'KERNEL_ERROR',
      operation: 'write',
      device: '/etc/multipath/wwids',
      errno: 'ENOSPC',
    };
    const rig = createRig({
      configuration: files.source,
      wwids: {
        ...files.wwids,
        add: (wwid) => (broken ? Promise.resolve({ ok: false, failure }) : files.wwids.add(wwid)),
      },
    });
    addSan(rig, 1, 2);
    await rig.runtime.start();
    await rig.run(60_000);
    expect(maps(rig)).toEqual([uuidOfWwid(A)]);
    expect(rig.logs.filter(({ level, message }) => level === 'warning' && message.includes('ENOSPC'))).toHaveLength(1);
    broken = false;
    await rig.run(300_000);
    expect(await files.wwids.read()).toEqual({ ok: true, value: [A] });
  });
});
