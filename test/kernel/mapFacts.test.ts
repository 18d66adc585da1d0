import { dmListingOf, dmListOf, isDevT, mapFactsOf } from '../../src/kernel/mapFacts';
import type { NativeMap } from '../../native/mpathd';
import { nativeMap } from '../fixtures';

const map = nativeMap({
  readOnly: true,
  targets: [{ start: 0, length: 16384, type: 'multipath', table: '0 0 1 1 …', status: '2 0 0 0 …' }],
});

describe('mapFactsOf', () => {
  test('keeps every field and names the target’s numbers by their unit', () => {
    const { targets, ...rest } = map;
    expect(mapFactsOf(map)).toEqual({
      ok: true,
      value: {
        ...rest,
        targets: [
          {
            startSector: 0,
            lengthSectors: 16384,
            type: 'multipath',
            table: targets[0]?.table,
            status: targets[0]?.status,
          },
        ],
      },
    });
  });

  test('gives only the type of targets that are not multipath: a dm-crypt table contains the key', () => {
    const key = '1b1e6a0de4';
    const targets = [
      { start: 0, length: 8, type: 'crypt', table: `aes-xts-plain64 ${key} 0 8:0 0`, status: key },
      { start: 8, length: 8, type: 'multipath', table: '0 0 1 1', status: '2 0' },
    ];
    const reading = mapFactsOf({ ...map, uuid: 'CRYPT-LUKS2-x', targets });
    expect(reading).toMatchObject({
      ok: true,
      value: {
        targets: [
          { startSector: 0, lengthSectors: 8, type: 'crypt', table: '', status: '' },
          { startSector: 8, lengthSectors: 8, type: 'multipath', table: '0 0 1 1', status: '2 0' },
        ],
      },
    });
    expect(JSON.stringify(reading)).not.toContain(key);
  });

  test('accepts a map without diskseq, UUID and table', () => {
    expect(mapFactsOf({ ...map, diskseq: null, uuid: '', targets: [], hasLiveTable: false })).toMatchObject({
      ok: true,
    });
  });

  test.each<[string, Partial<NativeMap>]>([
    ['no name', { name: '' }],
    ['a name longer than dm allows', { name: 'x'.repeat(128) }],
    ['a name of too many bytes', { name: 'ä'.repeat(64) }],
    ['a UUID longer than dm allows', { uuid: 'x'.repeat(129) }],
    ['no device number', { devt: '' }],
    ['a fractional diskseq', { diskseq: 1.5 }],
    ['a diskseq beyond exact integers', { diskseq: 2 ** 60 }],
    ['a negative event number', { eventNr: -1 }],
    ['an open count that is no number', { openCount: Number.NaN }],
    ['a target without a type', { targets: [{ start: 0, length: 1, type: '', table: '', status: '' }] }],
    ['a target of negative length', { targets: [{ start: 0, length: -1, type: 'linear', table: '', status: '' }] }],
  ])('refuses %s', (_, change) => {
    expect(mapFactsOf({ ...map, ...change })).toMatchObject({
      ok: false,
      failure: { code: 'MALFORMED', operation: 'DM_TABLE_STATUS', errno: null },
    });
  });
});

describe('dmListOf', () => {
  const entry = { name: 'mpatha', uuid: '', devt: '253:0', eventNr: 0 };

  test('an empty list is a list', () => {
    expect(dmListOf([])).toEqual({ ok: true, value: [] });
  });

  test('keeps entries without a UUID', () => {
    expect(dmListOf([entry])).toEqual({ ok: true, value: [entry] });
  });

  test.each([{ name: '' }, { devt: '253' }, { eventNr: -1 }])(
    'one bad entry makes the list MALFORMED: %j',
    (change) => {
      expect(dmListOf([entry, { ...entry, ...change }])).toMatchObject({ ok: false, failure: { code: 'MALFORMED' } });
    },
  );
});

describe('dmListingOf', () => {
  const listing = {
    number: 8,
    since: 7,
    devices: [{ name: 'mpatha', uuid: '', devt: '253:0', eventNr: 0 }],
    gone: ['253:1'],
  };

  test('keeps its number and that of the earlier listing', () => {
    expect(dmListingOf(listing)).toEqual({ ok: true, value: listing });
  });

  test.each([{ gone: ['253:1', 'x'] }, { devices: [{ name: '', uuid: '', devt: '253:0', eventNr: 0 }] }])(
    'an impossible value makes it MALFORMED: %j',
    (change) => {
      expect(dmListingOf({ ...listing, ...change })).toMatchObject({ ok: false, failure: { code: 'MALFORMED' } });
    },
  );
});

test.each<[string, boolean]>([
  ['8:0', true],
  ['0:0', true],
  ['4095:1048575', true],
  ['4096:0', false],
  ['8:1048576', false],
  ['08:0', false],
  ['8:', false],
  [':0', false],
  ['8:0\n', false],
  ['8:-1', false],
  ['', false],
])('isDevT(%j) is %s', (text, expected) => {
  expect(isDevT(text)).toBe(expected);
});
