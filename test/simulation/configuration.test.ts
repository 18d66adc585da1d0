/** What a reconfigure with other files does to a running daemon: which maps and paths it has, and nothing else. */
import type { Failure } from '../../src/model/failure';
import { uuidOfWwid } from '../../src/model/identity';
import { blacklistOf, changingFiles, configurationOf, ruleOf } from '../configuration';
import { addPath, addSan, createBench, wwidOf } from './bench';
import { maps, reasonOf, setup } from './configured';

const [A, B] = [wwidOf(1), wwidOf(2)];
const BLACKLISTED = configurationOf({}, { blacklist: blacklistOf({ wwid: [ruleOf(`^${A}$`, 7)] }) });

describe('a reconfigure', () => {
  test('with the same files writes nothing', async () => {
    const { bench, writes, reconfigure } = await setup();
    expect(await reconfigure()).toEqual({ outcome: 'ok' });
    expect(writes).toEqual([]);
    expect(bench.view()).toEqual(bench.truth());
  });

  test('`all` loads every map anew, once', async () => {
    const { writes, reconfigure, bench } = await setup();
    expect(await reconfigure(undefined, true)).toEqual({ outcome: 'ok' });
    await bench.run(60_000);
    expect(writes.sort()).toEqual([`reload ${uuidOfWwid(A)}`, `reload ${uuidOfWwid(B)}`]);
    expect(bench.view()).toEqual(bench.truth());
  });

  test('with files that cannot be used changes nothing, and its answer says why', async () => {
    const { bench, writes, reconfigure } = await setup();
    const before = bench.view();
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
    expect(bench.view()).toEqual(before);
    expect(bench.runtime.configuration().source).toEqual(configurationOf());
    expect(bench.logs).toContainEqual({
      level: 'error',
      device: null,
      message: expect.stringMatching(/^not reconfigured: .*line 3: no }/) as string,
    });
  });

  test('with another pace of the checkers has it followed, unless the command line says otherwise', async () => {
    const { bench, reconfigure } = await setup();
    const interval = (): number | undefined => bench.runtime.tables.pathByName('sda')?.check.intervalMs;
    await bench.run(120_000);
    expect(interval()).toBe(20_000);
    await reconfigure(configurationOf({ polling_interval: 1, max_polling_interval: 2 }));
    await bench.run(60_000);
    expect(interval()).toBe(2_000);
  });
});

test('files that cannot be used at the start are a failure, and nothing is adopted', async () => {
  const files = changingFiles();
  files.set({
    code: 'MALFORMED',
    operation: 'read',
    device: '/etc/multipath.conf',
    errno: null,
    detail: 'line 3: no }',
  });
  const bench = createBench({ configuration: files.source, wwids: files.wwids });
  addSan(bench, 1, 2);
  await expect(bench.runtime.start()).rejects.toThrow('read /etc/multipath.conf: MALFORMED (line 3: no })');
  await bench.run(10_000);
  expect(bench.truth().maps).toEqual({});
});

describe('the blacklist', () => {
  test('takes away a map that nobody uses, and its paths say which line it was', async () => {
    const { bench, writes, reconfigure } = await setup();
    await reconfigure(BLACKLISTED);
    expect(writes).toEqual([`remove ${uuidOfWwid(A)}`]);
    expect(maps(bench)).toEqual([uuidOfWwid(B)]);
    for (const name of ['sda', 'sdc'])
      expect(reasonOf(bench, name)).toBe(`blacklisted by wwid "^${A}$" (/etc/multipath.conf line 7)`);
    await reconfigure(configurationOf());
    expect(maps(bench)).toEqual([uuidOfWwid(A), uuidOfWwid(B)]);
    expect(bench.view()).toEqual(bench.truth());
    expect(reasonOf(bench, 'sda')).toBeNull();
  });

  test('leaves a map that is in use as it is, paths failing and coming back included, until it is not', async () => {
    const { bench, writes, reconfigure } = await setup();
    const before = bench.truth().maps[uuidOfWwid(A)];
    bench.simulator.admin.openMap('mpatha');
    await reconfigure(BLACKLISTED);
    await bench.run(60_000);
    expect(writes).toEqual([]);
    expect(bench.truth().maps[uuidOfWwid(A)]).toEqual(before);
    bench.simulator.admin.change('sda', { answer: 'down', io: true });
    await bench.run(30_000);
    expect(bench.truth().maps[uuidOfWwid(A)]?.paths).toEqual(['8:0 failed', '8:32 active']);
    bench.simulator.admin.change('sda', { answer: 'up' });
    await bench.run(60_000);
    expect(bench.truth().maps[uuidOfWwid(A)]).toEqual(before);
    bench.simulator.admin.closeMap('mpatha');
    await bench.run(60_000);
    expect(maps(bench)).toEqual([uuidOfWwid(B)]);
  });

  const ONE_PATH = configurationOf({}, { blacklist: blacklistOf({ devnode: [ruleOf('^sda$', 3)] }) });

  test('takes one path out of a map that is in use, and a later one lets it back', async () => {
    const { bench, writes, reconfigure } = await setup();
    bench.simulator.admin.openMap('mpatha');
    await reconfigure(ONE_PATH);
    expect(writes).toEqual([`reload ${uuidOfWwid(A)}`]);
    expect(bench.truth().maps[uuidOfWwid(A)]?.paths).toEqual(['8:32 active']);
    await reconfigure(configurationOf());
    expect(bench.truth().maps[uuidOfWwid(A)]?.paths).toEqual(['8:0 active', '8:32 active']);
  });

  test('does not take the last path that works out of a map that is in use', async () => {
    const { bench, reconfigure } = await setup();
    bench.simulator.admin.openMap('mpatha');
    bench.simulator.admin.change('sdc', { answer: 'down', io: true });
    await bench.run(30_000);
    await reconfigure(ONE_PATH);
    await bench.run(30_000);
    expect(bench.truth().maps[uuidOfWwid(A)]?.paths).toEqual(['8:0 active', '8:32 failed']);
    bench.simulator.admin.change('sdc', { answer: 'up' });
    await bench.run(60_000);
    expect(bench.truth().maps[uuidOfWwid(A)]?.paths).toEqual(['8:32 active']);
  });

  test('takes nothing out on an old reading', async () => {
    const { bench, writes, reconfigure } = await setup();
    bench.simulator.faults.add({
      operations: ['block-read', 'snapshot-block'],
      devices: null,
      outcome: { kind: 'errno', errno: 'EIO' },
      times: null,
      probability: 1,
    });
    await reconfigure(BLACKLISTED);
    await bench.run(30_000);
    expect(writes).toEqual([]);
    bench.simulator.faults.clear();
    await bench.run(60_000);
    expect(maps(bench)).toEqual([uuidOfWwid(B)]);
  });

  test('is gone by at a start, too', async () => {
    const { bench, files } = await setup();
    files.set(BLACKLISTED);
    await bench.restart();
    await bench.run(10_000);
    expect(maps(bench)).toEqual([uuidOfWwid(B)]);
  });
});

describe('find_multipaths', () => {
  test('strict: only what the wwids file lists, and the other paths say so', async () => {
    const { bench, files, reconfigure } = await setup(configurationOf({ find_multipaths: 'strict' }));
    expect(maps(bench)).toEqual([]);
    expect(reasonOf(bench, 'sda')).toBe(`find_multipaths strict: ${A} is not in the wwids file`);
    await files.wwids.add(B);
    await reconfigure();
    expect(maps(bench)).toEqual([uuidOfWwid(B)]);
    expect(reasonOf(bench, 'sdb')).toBeNull();
  });

  test('a map asked for by name is made, and remembered', async () => {
    const { bench, files } = await setup(configurationOf({ find_multipaths: 'strict' }));
    void bench.runtime.submit({ kind: 'add-map', map: A });
    await bench.run(3_000);
    expect(maps(bench)).toEqual([uuidOfWwid(A)]);
    expect(await files.wwids.read()).toEqual({ ok: true, value: [A] });
  });

  test('on: a single path waits for a second one; once it had a map, one will do', async () => {
    const { bench, files } = await setup(configurationOf(), 2, 1);
    expect(maps(bench)).toEqual([]);
    expect(reasonOf(bench, 'sda')).toMatch(/^find_multipaths on: it is the only path to/);
    const second = addPath(bench, 1, 1);
    await bench.run(5_000);
    expect(maps(bench)).toEqual([uuidOfWwid(A)]);
    expect(await files.wwids.read()).toEqual({ ok: true, value: [A] });
    await bench.restart(() => {
      bench.simulator.admin.removeDisk(second);
      bench.simulator.admin.removeMap(bench.truth().maps[uuidOfWwid(A)]?.name ?? '');
    });
    await bench.run(5_000);
    expect(maps(bench)).toEqual([uuidOfWwid(A)]);
  });

  test.each(['off', 'greedy'] as const)('%s: a single path is enough', async (mode) => {
    const { bench } = await setup(configurationOf({ find_multipaths: mode }), 2, 1);
    expect(maps(bench)).toEqual([uuidOfWwid(A), uuidOfWwid(B)]);
  });

  test('a map that is there is taken over in every mode, and remembered', async () => {
    const { bench, files, reconfigure } = await setup(configurationOf({ find_multipaths: 'off' }), 1, 1);
    await files.wwids.replace([]);
    await reconfigure(configurationOf({ find_multipaths: 'strict' }));
    expect(maps(bench)).toEqual([uuidOfWwid(A)]);
    expect(await files.wwids.read()).toEqual({ ok: true, value: [A] });
  });

  test('a wwids file that cannot be written delays no map, and is tried again', async () => {
    const files = changingFiles();
    let broken = true;
    const failure: Failure = {
      code: 'KERNEL_ERROR',
      operation: 'write',
      device: '/etc/multipath/wwids',
      errno: 'ENOSPC',
    };
    const bench = createBench({
      configuration: files.source,
      wwids: {
        ...files.wwids,
        add: (wwid) => (broken ? Promise.resolve({ ok: false, failure }) : files.wwids.add(wwid)),
      },
    });
    addSan(bench, 1, 2);
    await bench.runtime.start();
    await bench.run(60_000);
    expect(maps(bench)).toEqual([uuidOfWwid(A)]);
    expect(bench.logs.filter(({ level, message }) => level === 'warning' && message.includes('ENOSPC'))).toHaveLength(
      1,
    );
    broken = false;
    await bench.run(300_000);
    expect(await files.wwids.read()).toEqual({ ok: true, value: [A] });
  });
});
