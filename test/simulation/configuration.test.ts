/** What a reconfigure with other files does to a running daemon: names, maps, paths, and nothing else. */
import type { Configuration } from '../../src/config/configuration';
import type { SettingValues } from '../../src/config/settings';
import { memoryFile } from '../../src/daemon/bindingsStore';
import type { AdminResult } from '../../src/engine/protocol';
import type { KernelPorts } from '../../src/kernel/ports';
import type { Failure } from '../../src/model/failure';
import { uuidOfWwid } from '../../src/model/identity';
import { blacklistOf, blockOf, changingFiles, configurationOf, ruleOf, type ChangingFiles } from '../configuration';
import { addPath, addSan, bindingsOf, createBench, wwidOf, type Bench } from './bench';

const [A, B, C] = [wwidOf(1), wwidOf(2), wwidOf(3)];

interface Setup {
  bench: Bench;
  files: ChangingFiles;
  /** Writes to device-mapper, in their order. */
  writes: string[];
  reconfigure(next?: Configuration | Failure, all?: boolean): Promise<AdminResult>;
}

function counted(ports: KernelPorts, writes: string[]): KernelPorts {
  const dm = ports.deviceMapper;
  return {
    ...ports,
    deviceMapper: {
      ...dm,
      create: (request) => (writes.push(`create ${request.name}`), dm.create(request)),
      reload: (request) => (writes.push(`reload ${request.uuid}`), dm.reload(request)),
      rename: (uuid, to) => (writes.push(`rename ${uuid} ${to}`), dm.rename(uuid, to)),
      remove: (uuid) => (writes.push(`remove ${uuid}`), dm.remove(uuid)),
      message: (uuid, message) => (writes.push(`message ${uuid} ${message}`), dm.message(uuid, message)),
    },
  };
}

/** LUNs A and B by two paths each: sda and sdc, sdb and sdd. */
async function setup(first = configurationOf(), luns = 2, paths = 2): Promise<Setup> {
  const files = changingFiles(first);
  const writes: string[] = [];
  const bench = createBench({ configuration: files.source, wwids: files.wwids, bindings: bindingsOf(memoryFile()), ports: (ports) => counted(ports, writes) });
  addSan(bench, luns, paths);
  await bench.run(1_000);
  await bench.runtime.start();
  await bench.run(3_000);
  return {
    bench,
    files,
    writes,
    reconfigure: async (next, all = false) => {
      if (next !== undefined) files.set(next);
      writes.length = 0;
      const answer = bench.runtime.submit({ kind: 'reconfigure', all });
      await bench.run(5_000);
      return answer;
    },
  };
}

const names = (bench: Bench): Array<string | undefined> => {
  const { maps } = bench.truth();
  return [A, B].map((wwid) => maps[uuidOfWwid(wwid)]?.name);
};
const maps = (bench: Bench): string[] => Object.keys(bench.truth().maps).sort();
const reasonOf = (bench: Bench, name: string): string | null | undefined => bench.runtime.tables.pathByName(name)?.reason;
const multipaths = (...sections: Array<Partial<SettingValues>>): Partial<Configuration> => ({ multipaths: sections.map((section, at) => blockOf(section, 10 * (at + 1))) });

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
    const failure: Failure = { code: 'MALFORMED', operation: 'read', device: '/etc/multipath.conf', errno: null, detail: 'line 3: no }' };
    expect(await reconfigure(failure)).toEqual({ outcome: 'fail', reason: 'other', message: 'read /etc/multipath.conf: MALFORMED (line 3: no }); the running configuration stays' });
    expect(writes).toEqual([]);
    expect(bench.view()).toEqual(before);
    expect(bench.runtime.configuration().source).toEqual(configurationOf());
    expect(bench.logs).toContainEqual({ level: 'error', device: null, message: expect.stringMatching(/^not reconfigured: .*line 3: no }/) as string });
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
  files.set({ code: 'MALFORMED', operation: 'read', device: '/etc/multipath.conf', errno: null, detail: 'line 3: no }' });
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
    for (const name of ['sda', 'sdc']) expect(reasonOf(bench, name)).toBe(`blacklisted by wwid "^${A}$" (/etc/multipath.conf line 7)`);
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
    bench.simulator.faults.add({ operations: ['block-read', 'snapshot-block'], devices: null, outcome: { kind: 'errno', errno: 'EIO' }, times: null, probability: 1 });
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
    const failure: Failure = { code: 'KERNEL_ERROR', operation: 'write', device: '/etc/multipath/wwids', errno: 'ENOSPC' };
    const bench = createBench({ configuration: files.source, wwids: { ...files.wwids, add: (wwid) => (broken ? Promise.resolve({ ok: false, failure }) : files.wwids.add(wwid)) } });
    addSan(bench, 1, 2);
    await bench.runtime.start();
    await bench.run(60_000);
    expect(maps(bench)).toEqual([uuidOfWwid(A)]);
    expect(bench.logs.filter(({ level, message }) => level === 'warning' && message.includes('ENOSPC'))).toHaveLength(1);
    broken = false;
    await bench.run(300_000);
    expect(await files.wwids.read()).toEqual({ ok: true, value: [A] });
  });
});

describe('names', () => {
  test('without user_friendly_names maps go by their WWID, and get friendly ones when that is switched on', async () => {
    const { bench, writes, reconfigure } = await setup(configurationOf({ user_friendly_names: false }));
    expect(names(bench)).toEqual([A, B]);
    await reconfigure(configurationOf());
    expect(names(bench).sort()).toEqual(['mpatha', 'mpathb']);
    const friendly = names(bench);
    await reconfigure(configurationOf({ user_friendly_names: false }));
    expect(names(bench)).toEqual([A, B]);
    await reconfigure(configurationOf());
    expect(names(bench)).toEqual(friendly);
    expect(writes).toHaveLength(2);
  });

  test('a configured alias beats the bindings file, and is given to no other LUN', async () => {
    const { bench } = await setup(configurationOf({}, multipaths({ wwid: A, alias: 'mpathb' })));
    expect(names(bench)).toEqual(['mpathb', 'mpatha']);
    for (const path of [0, 1]) addPath(bench, 3, path);
    await bench.run(5_000);
    expect(bench.truth().maps[uuidOfWwid(C)]?.name).toBe('mpathc');
  });

  test('two aliases are exchanged, and on the way no name leads to another LUN than before or after', async () => {
    const aliases = (a: string, b: string): Configuration => configurationOf({}, multipaths({ wwid: A, alias: a }, { wwid: B, alias: b }));
    const { bench, writes, reconfigure } = await setup(aliases('data', 'logs'));
    expect(names(bench)).toEqual(['data', 'logs']);
    await reconfigure(aliases('logs', 'data'));
    expect(names(bench)).toEqual(['logs', 'data']);
    // Each name is free before it is given anew, which the kernel sees to: what counts is that nothing else is done.
    expect(writes).toEqual([`rename ${uuidOfWwid(A)} ${A}`, `rename ${uuidOfWwid(B)} data`, `rename ${uuidOfWwid(A)} logs`]);
  });

  test('a prefix of its own for one kind of device', async () => {
    const { bench } = await setup(configurationOf({}, { devices: [blockOf({ vendor: '.*', product: '.*', alias_prefix: 'san' })] }));
    expect(names(bench).sort()).toEqual(['sana', 'sanb']);
  });

  test('an alias that another device has costs the alias, not the map', async () => {
    const files = changingFiles(configurationOf({}, multipaths({ wwid: A, alias: 'taken' })));
    const bench = createBench({ configuration: files.source, wwids: files.wwids });
    bench.simulator.admin.createEmptyMap('taken', 'LVM-x');
    addSan(bench, 1, 2);
    await bench.runtime.start();
    await bench.run(5_000);
    expect(names(bench)[0]).toBe(A);
    expect(bench.logs.some(({ level, message }) => level === 'warning' && message.includes('alias taken'))).toBe(true);
  });

  test("an alias that is another map's WWID is not taken from it", async () => {
    const { bench, reconfigure } = await setup(configurationOf({ user_friendly_names: false }));
    await reconfigure(configurationOf({ user_friendly_names: false }, multipaths({ wwid: A, alias: B })));
    expect(names(bench)).toEqual([A, B]);
    expect(bench.logs.some(({ level, message }) => level === 'warning' && message.includes(`should be named ${B}, but another device has that name`))).toBe(true);
  });
});

describe('uid_attribute', () => {
  const SHORT = configurationOf({ uid_attribute: 'ID_SERIAL_SHORT' });

  test('names LUNs by another property of udev', async () => {
    const { bench } = await setup(SHORT);
    expect(maps(bench)).toEqual([A, B].map((wwid) => uuidOfWwid(wwid.slice(1))).sort());
  });

  test('changed, leaves paths in the maps that they are in, and new LUNs go by it', async () => {
    const { bench, writes, reconfigure } = await setup();
    bench.simulator.admin.openMap('mpatha');
    await reconfigure(SHORT);
    await bench.run(60_000);
    expect(writes).toEqual([]);
    const kept = (): string[] => bench.logs.filter(({ message }) => message.includes('stays in its map as')).map(({ device }) => device ?? '');
    expect(kept().sort()).toEqual(['sda', 'sdb', 'sdc', 'sdd']);
    await reconfigure(SHORT);
    expect(kept()).toHaveLength(4);
    for (const path of [0, 1]) addPath(bench, 3, path);
    await bench.run(5_000);
    expect(maps(bench)).toEqual([A, B, C.slice(1)].map(uuidOfWwid).sort());
  });

  test('changed while their maps are away: the LUNs get maps by it, each of all its paths', async () => {
    const { bench, writes, reconfigure } = await setup(configurationOf(), 3, 4);
    for (const { name } of Object.values(bench.truth().maps)) bench.simulator.admin.removeMap(name);
    await bench.run(1_000);
    await reconfigure(SHORT);
    expect(maps(bench)).toEqual([A, B, C].map((wwid) => uuidOfWwid(wwid.slice(1))).sort());
    expect(writes.map((write) => write.split(' ')[0])).toEqual(['create', 'create', 'create']);
  });

  test('values of both properties are read while one configuration takes the place of another', async () => {
    const asked: string[][] = [];
    const files = changingFiles(configurationOf({ uid_attribute: 'ID_OLD' }));
    const bench = createBench({
      configuration: files.source,
      ports: (ports) => ({ ...ports, useProperties: (names) => void asked.push([...names].filter((name) => /OLD|NEW/.test(name)).sort()) }),
    });
    await bench.runtime.start();
    await bench.run(1_000);
    files.set(configurationOf({ uid_attribute: 'ID_NEW' }));
    void bench.runtime.submit({ kind: 'reconfigure' });
    await bench.run(1_000);
    expect(asked).toEqual([['ID_OLD'], ['ID_NEW', 'ID_OLD']]);
  });

  test('a LUN that is exchanged under such a path is noticed, though udev does not say so', async () => {
    const { bench } = await setup(SHORT);
    bench.simulator.udev?.stop();
    bench.simulator.admin.remap('sda', C);
    await bench.run(30_000);
    expect(bench.truth().maps[uuidOfWwid(A.slice(1))]?.paths).toEqual(['8:32 active']);
    bench.simulator.udev?.continue();
  });
});
