import { holdingMap, mapExists } from '../../src/kernel/mapPresence';
import { fakeSysfs } from './fakeSysfs';

type DmRead = Parameters<typeof mapExists>[0]['dmRead'];

describe('mapExists', () => {
  const saying = (errno: string, step: string): { dmRead: DmRead } => ({
    dmRead: () => Promise.resolve({ errno, step }),
  });

  test('asks for the map by its UUID', async () => {
    const asked: unknown[] = [];
    const dmRead: DmRead = (by) => {
      asked.push(by);
      return Promise.resolve({ errno: null, map: {} as never });
    };
    expect(await mapExists({ dmRead }, '3600')).toEqual({ ok: true, value: true });
    expect(asked).toEqual([{ uuid: 'mpath-3600' }]);
  });

  test.each([
    ['ENXIO', 'DM_DEV_STATUS'],
    ['ENOENT', 'open'],
    ['ENODEV', 'open'],
  ])('%s of %s: there is no map', async (errno, step) => {
    expect(await mapExists(saying(errno, step), '3600')).toEqual({ ok: true, value: false });
  });

  test.each([
    ['ENOMEM', 'DM_TABLE_STATUS'],
    ['EACCES', 'open'],
    ['ENOENT', 'DM_TABLE_STATUS'],
  ])('%s of %s says nothing about the map', async (errno, step) => {
    expect(await mapExists(saying(errno, step), '3600')).toMatchObject({ ok: false, failure: { errno } });
  });

  test('a call that could not begin says nothing about the map', async () => {
    expect(await mapExists({ dmRead: () => Promise.reject(new Error('no thread')) }, '3600')).toMatchObject({
      ok: false,
    });
  });
});

describe('holdingMap', () => {
  function machine(holders: string, uuids: Record<string, string>): ReturnType<typeof fakeSysfs> {
    const sysfs = fakeSysfs();
    sysfs.directories.set('/sys/class/block/sda', { 'holders/': holders });
    for (const [name, uuid] of Object.entries(uuids))
      sysfs.directories.set(`/sys/class/block/${name}`, { 'dm/uuid': uuid });
    return sysfs;
  }

  test.each<[string, string, Record<string, string>, string | null]>([
    ['no holders', '', {}, null],
    ['a multipath map', 'dm-0\0', { 'dm-0': 'mpath-3600\n' }, '3600'],
    ['another kind of map', 'dm-0\0', { 'dm-0': 'LVM-abc\n' }, null],
    ['the second one', 'dm-0\0dm-1\0', { 'dm-0': 'CRYPT-x\n', 'dm-1': 'mpath-36\n' }, '36'],
    ['one that has gone meanwhile', 'dm-0\0dm-1\0', { 'dm-1': 'mpath-36\n' }, '36'],
    ['md', 'md0\0', {}, null],
  ])('%s', async (_, holders, uuids, wwid) => {
    expect(await holdingMap(machine(holders, uuids), 'sda')).toEqual({ ok: true, value: wwid });
  });

  test.each<[string, string, string]>([
    ['holders', '!EIO', 'mpath-36'],
    ['the UUID', 'dm-0\0', '!EIO'],
  ])('%s that cannot be read are a failure', async (_, holders, uuid) => {
    expect(await holdingMap(machine(holders, { 'dm-0': uuid }), 'sda')).toMatchObject({
      ok: false,
      failure: { errno: 'EIO' },
    });
  });

  test('a disk that is gone is a failure', async () => {
    expect(await holdingMap(fakeSysfs(), 'sda')).toMatchObject({ ok: false, failure: { errno: 'ENOENT' } });
  });
});
