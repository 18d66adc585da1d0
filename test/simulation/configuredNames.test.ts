/** The names of maps and the WWIDs of LUNs, by the configuration. */
import type { Configuration } from '../../src/config/configuration';
import { uuidOfWwid } from '../../src/model/identity';
import { blockOf, changingFiles, configurationOf } from '../configuration';
import { addPath, addSan, createRig, wwidOf } from './rig';
import { maps, multipaths, names, setup } from './configured';

const [A, B, C] = [wwidOf(1), wwidOf(2), wwidOf(3)];

describe('names', () => {
  test('without user_friendly_names maps have their WWIDs as names, and get friendly names when it is switched on', async () => {
    const { rig, writes, reconfigure } = await setup(configurationOf({ user_friendly_names: false }));
    expect(names(rig)).toEqual([A, B]);
    await reconfigure(configurationOf());
    expect(names(rig).sort()).toEqual(['mpatha', 'mpathb']);
    const friendly = names(rig);
    await reconfigure(configurationOf({ user_friendly_names: false }));
    expect(names(rig)).toEqual([A, B]);
    await reconfigure(configurationOf());
    expect(names(rig)).toEqual(friendly);
    expect(writes).toHaveLength(2);
  });

  test('a configured alias goes before the bindings file, and is given to no other LUN', async () => {
    const { rig } = await setup(configurationOf({}, multipaths({ wwid: A, alias: 'mpathb' })));
    expect(names(rig)).toEqual(['mpathb', 'mpatha']);
    for (const path of [0, 1]) addPath(rig, 3, path);
    await rig.run(5_000);
    expect(rig.truth().maps[uuidOfWwid(C)]?.name).toBe('mpathc');
  });

  test('two aliases are exchanged, and meanwhile no name leads to a LUN that it belonged to neither before nor after', async () => {
    const aliases = (a: string, b: string): Configuration =>
      configurationOf({}, multipaths({ wwid: A, alias: a }, { wwid: B, alias: b }));
    const { rig, writes, reconfigure } = await setup(aliases('data', 'logs'));
    expect(names(rig)).toEqual(['data', 'logs']);
    await reconfigure(aliases('logs', 'data'));
    expect(names(rig)).toEqual(['logs', 'data']);
    // Each name is free before it is given again; the kernel guarantees this. The test checks that nothing else is
    // done.
    expect(writes).toEqual([
      `rename ${uuidOfWwid(A)} ${A}`,
      `rename ${uuidOfWwid(B)} data`,
      `rename ${uuidOfWwid(A)} logs`,
    ]);
  });

  test('a prefix of its own for one kind of device', async () => {
    const { rig } = await setup(
      configurationOf({}, { devices: [blockOf({ vendor: '.*', product: '.*', alias_prefix: 'san' })] }),
    );
    expect(names(rig).sort()).toEqual(['sana', 'sanb']);
  });

  test('if another device has the alias, the map is made without it', async () => {
    const files = changingFiles(configurationOf({}, multipaths({ wwid: A, alias: 'taken' })));
    const rig = createRig({ configuration: files.source, wwids: files.wwids });
    rig.simulator.admin.createEmptyMap('taken', 'LVM-x');
    addSan(rig, 1, 2);
    await rig.runtime.start();
    await rig.run(5_000);
    expect(names(rig)[0]).toBe(A);
    expect(rig.logs.some(({ level, message }) => level === 'warning' && message.includes('alias taken'))).toBe(true);
  });

  test('an alias that is the WWID of another map is not taken from that map', async () => {
    const { rig, reconfigure } = await setup(configurationOf({ user_friendly_names: false }));
    await reconfigure(configurationOf({ user_friendly_names: false }, multipaths({ wwid: A, alias: B })));
    expect(names(rig)).toEqual([A, B]);
    expect(
      rig.logs.some(
        ({ level, message }) =>
          level === 'warning' && message.includes(`should be named ${B}, but another device has that name`),
      ),
    ).toBe(true);
  });
});

describe('uid_attribute', () => {
  const SHORT = configurationOf({ uid_attribute: 'ID_SERIAL_SHORT' });

  test('gives LUNs their WWIDs by another property of udev', async () => {
    const { rig } = await setup(SHORT);
    expect(maps(rig)).toEqual([A, B].map((wwid) => uuidOfWwid(wwid.slice(1))).sort());
  });

  test('with a new value leaves paths in their maps, and names new LUNs by the new property', async () => {
    const { rig, writes, reconfigure } = await setup();
    rig.simulator.admin.openMap('mpatha');
    await reconfigure(SHORT);
    await rig.run(60_000);
    expect(writes).toEqual([]);
    const kept = (): string[] =>
      rig.logs.filter(({ message }) => message.includes('stays in its map as')).map(({ device }) => device ?? '');
    expect(kept().sort()).toEqual(['sda', 'sdb', 'sdc', 'sdd']);
    await reconfigure(SHORT);
    expect(kept()).toHaveLength(4);
    for (const path of [0, 1]) addPath(rig, 3, path);
    await rig.run(5_000);
    expect(maps(rig)).toEqual([A, B, C.slice(1)].map(uuidOfWwid).sort());
  });

  test('changed while the maps of LUNs are away: the LUNs get maps by the new property, each with all its paths', async () => {
    const { rig, writes, reconfigure } = await setup(configurationOf(), 3, 4);
    for (const { name } of Object.values(rig.truth().maps)) rig.simulator.admin.removeMap(name);
    await rig.run(1_000);
    await reconfigure(SHORT);
    expect(maps(rig)).toEqual([A, B, C].map((wwid) => uuidOfWwid(wwid.slice(1))).sort());
    expect(writes.map((write) => write.split(' ')[0])).toEqual(['create', 'create', 'create']);
  });

  test('the values of both properties are read while one configuration replaces another', async () => {
    const asked: string[][] = [];
    const files = changingFiles(configurationOf({ uid_attribute: 'ID_OLD' }));
    const rig = createRig({
      configuration: files.source,
      ports: (ports) => ({
        ...ports,
        useProperties: (names) => void asked.push([...names].filter((name) => /OLD|NEW/.test(name)).sort()),
      }),
    });
    await rig.runtime.start();
    await rig.run(1_000);
    files.set(configurationOf({ uid_attribute: 'ID_NEW' }));
    void rig.runtime.submit({ kind: 'reconfigure' });
    await rig.run(1_000);
    expect(asked).toEqual([['ID_OLD'], ['ID_NEW', 'ID_OLD']]);
  });

  test('a LUN that is swapped under such a path is noticed, although udev does not report it', async () => {
    const { rig } = await setup(SHORT);
    rig.simulator.udev?.stop();
    rig.simulator.admin.remap('sda', C);
    await rig.run(30_000);
    expect(rig.truth().maps[uuidOfWwid(A.slice(1))]?.paths).toEqual(['8:32 active']);
    rig.simulator.udev?.continue();
  });
});
