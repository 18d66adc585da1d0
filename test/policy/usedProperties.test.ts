import fc from 'fast-check';
import { usedValues, usedVariables } from '../../src/policy/usedProperties';

const NONE: ReadonlySet<string> = new Set();
const RECORD = {
  ID_SERIAL: '3600a',
  ID_WWN: '0x6',
  SCSI_IDENT_LUN_NAA: 'x',
  SITE_SECRET: 'hunter2',
  DEVTYPE: 'disk',
  DM_UUID: 'mpath-w',
  DISKSEQ: '7',
};

test("of udev's record, the values that mpathd uses are kept", () => {
  expect(usedValues(RECORD, NONE)).toEqual({
    ID_SERIAL: '3600a',
    ID_WWN: '0x6',
    DEVTYPE: 'disk',
    DM_UUID: 'mpath-w',
    DISKSEQ: '7',
  });
});

test('a property that is configured to hold the WWID is kept', () => {
  expect(usedValues({ SITE_WWID: 'lun7', SITE_SECRET: 'hunter2' }, new Set(['SITE_WWID']))).toEqual({
    SITE_WWID: 'lun7',
  });
});

test('of an event, only the variables that mpathd uses are kept', () => {
  expect(usedVariables({ ...RECORD, SDEV_UA: 'INQUIRY_DATA_HAS_CHANGED' })).toEqual({
    ID_SERIAL: '3600a',
    ID_WWN: '0x6',
    DEVTYPE: 'disk',
    DM_UUID: 'mpath-w',
    DISKSEQ: '7',
    SDEV_UA: 'INQUIRY_DATA_HAS_CHANGED',
  });
});

test('any name is an ordinary name', () => {
  const record = Object.fromEntries([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
  expect(Object.entries(usedValues(record, new Set(['__proto__'])))).toEqual([['__proto__', 'x']]);
  expect(usedVariables(record)).toEqual({});
});

test('doing it twice changes nothing', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('ID_SERIAL', 'DM_NAME', 'X', 'DEVNAME'), fc.string()), (record) => {
      expect(usedValues(usedValues(record, NONE), NONE)).toEqual(usedValues(record, NONE));
      expect(usedVariables(usedVariables(record))).toEqual(usedVariables(record));
    }),
  );
});
