import * as fc from 'fast-check';
import { mangle, type NamingAddon, unmangle, withMeantNames } from '../../src/kernel/dmMangling';
import { nativeMap } from '../fixtures';

/** The meant name and the name in the kernel. multipath 0.9.4 wrote the first four there. */
const FORMS = [
  ['mpatha', 'mpatha'],
  ['name with blanks', 'name\\x20with\\x20blanks'],
  ['a "quoted" alias # no comment', 'a\\x20\\x22quoted\\x22\\x20alias\\x20#\\x20no\\x20comment'],
  ['back\\slash', 'back\\x5cslash'],
  ['nvme-disk_1.2+a:b=c@d', 'nvme-disk_1.2+a:b=c@d'],
  ['mpath-8iqn.2004-01.com:lun,t,0x1', 'mpath-8iqn.2004-01.com:lun\\x2ct\\x2c0x1'],
  ['grün', 'gr\\xc3\\xbcn'],
] as const;

test.each(FORMS)('%s is %s in the kernel', (meant, raw) => {
  expect(mangle(meant)).toBe(raw);
  expect(unmangle(raw)).toBe(meant);
});

test.each([
  ['a blank as it is', 'a b'],
  ['a plain letter as a number', 'a\\x62c'],
  ['half of a letter', 'a\\xc3'],
  ['capital digits', 'a\\x5Cb'],
  ['a cut number', 'a\\x2'],
])('a text that libdevmapper would not have written stays as it is: %s', (_, raw) => {
  expect(unmangle(raw)).toBe(raw);
});

test('every text comes back, and two texts never have the same form', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => expect(unmangle(mangle(text))).toBe(text)));
  fc.assert(
    fc.property(fc.string(), (text) => expect(mangle(text)).toMatch(/^(?:[0-9A-Za-z#+\-.:=@_]|\\x[0-9a-f]{2})*$/)),
  );
});

const map = nativeMap({ uuid: 'mpath-1a\\x2cb', name: 'a\\x20b', eventNr: 0, targets: [] });
const entry = { name: map.name, uuid: map.uuid, devt: map.devt, eventNr: 0 };
const MEANT = { name: 'a b', uuid: 'mpath-1a,b' };
const failure = { errno: 'ENXIO', step: 'DM_DEV_STATUS' };

function fake() {
  return {
    dmList: jest.fn<ReturnType<NamingAddon['dmList']>, [number | null]>(async (since) => ({
      errno: null,
      number: 2,
      since,
      devices: [entry],
      gone: ['253:4'],
    })),
    dmRead: jest.fn<ReturnType<NamingAddon['dmRead']>, Parameters<NamingAddon['dmRead']>>(async () => ({
      errno: null,
      map,
    })),
    dmSnapshot: jest.fn<ReturnType<NamingAddon['dmSnapshot']>, [string]>(async () => ({
      errno: null,
      devices: [entry],
      maps: [
        { uuid: map.uuid, result: { errno: null, map } },
        { uuid: map.uuid, result: failure },
      ],
    })),
    dmCreate: jest.fn<ReturnType<NamingAddon['dmCreate']>, Parameters<NamingAddon['dmCreate']>>(async () => ({
      errno: null,
      map,
      cookie: 3,
    })),
    dmReload: jest.fn<ReturnType<NamingAddon['dmReload']>, Parameters<NamingAddon['dmReload']>>(async () => ({
      errno: null,
      map,
      cookie: 4,
    })),
    dmRename: jest.fn<ReturnType<NamingAddon['dmRename']>, Parameters<NamingAddon['dmRename']>>(async () => ({
      errno: null,
      cookie: 5,
    })),
    dmRemove: jest.fn<ReturnType<NamingAddon['dmRemove']>, Parameters<NamingAddon['dmRemove']>>(async () => ({
      errno: null,
      cookie: 6,
    })),
    dmMessage: jest.fn<ReturnType<NamingAddon['dmMessage']>, Parameters<NamingAddon['dmMessage']>>(async () => ({
      errno: null,
    })),
    other: 7,
  };
}
const table = { sizeSectors: 8, readOnly: false, targetType: 'multipath', params: '0 0 0 0', udevFlags: 0 };

describe('the addon with names in their plain form', () => {
  test('answers have the plain form', async () => {
    const addon = withMeantNames(fake());
    expect(await addon.dmList(1)).toEqual({
      errno: null,
      number: 2,
      since: 1,
      devices: [{ ...entry, ...MEANT }],
      gone: ['253:4'],
    });
    expect(await addon.dmRead({ uuid: MEANT.uuid })).toEqual({ errno: null, map: { ...map, ...MEANT } });
    expect(await addon.dmSnapshot('mpath-')).toEqual({
      errno: null,
      devices: [{ ...entry, ...MEANT }],
      maps: [
        { uuid: MEANT.uuid, result: { errno: null, map: { ...map, ...MEANT } } },
        { uuid: MEANT.uuid, result: failure },
      ],
    });
  });

  test("questions and writes have the kernel's form", async () => {
    const under = fake();
    const addon = withMeantNames(under);
    await addon.dmRead({ uuid: MEANT.uuid });
    await addon.dmRead({ devt: '253:0' });
    expect(await addon.dmCreate({ ...table, ...MEANT })).toEqual({ errno: null, cookie: 3, map: { ...map, ...MEANT } });
    expect(await addon.dmReload({ ...table, uuid: MEANT.uuid, resume: false })).toEqual({
      errno: null,
      cookie: 4,
      map: { ...map, ...MEANT },
    });
    await addon.dmRename(MEANT.uuid, 'c d', 9);
    await addon.dmRemove(MEANT.uuid, 10);
    await addon.dmMessage(MEANT.uuid, 'fail_path 8:0');
    expect(under.dmRead.mock.calls).toEqual([[{ uuid: map.uuid }], [{ devt: '253:0' }]]);
    expect(under.dmCreate).toHaveBeenCalledWith({ ...table, name: map.name, uuid: map.uuid });
    expect(under.dmReload).toHaveBeenCalledWith({ ...table, uuid: map.uuid, resume: false });
    expect(under.dmRename).toHaveBeenCalledWith(map.uuid, 'c\\x20d', 9);
    expect(under.dmRemove).toHaveBeenCalledWith(map.uuid, 10);
    expect(under.dmMessage).toHaveBeenCalledWith(map.uuid, 'fail_path 8:0');
  });

  test('failures and all other functions stay as they are', async () => {
    const under = fake();
    under.dmList.mockResolvedValue(failure);
    under.dmRead.mockResolvedValue(failure);
    under.dmSnapshot.mockResolvedValue(failure);
    under.dmCreate.mockResolvedValue({ ...failure, cookie: 8 });
    const addon = withMeantNames(under);
    expect(
      await Promise.all([addon.dmList(null), addon.dmRead({ devt: '253:0' }), addon.dmSnapshot('mpath-')]),
    ).toEqual([failure, failure, failure]);
    expect(await addon.dmCreate({ ...table, ...MEANT })).toEqual({ ...failure, cookie: 8 });
    expect(addon.other).toBe(7);
  });
});
