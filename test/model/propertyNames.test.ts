import { namesOfRecord, propertyNames } from '../../src/model/propertyNames';

const namesOf = (...names: string[]): string[] =>
  propertyNames({ udevNames: namesOfRecord(Object.fromEntries(names.map((name) => [name, 'x']))) });

test('by bytes, as libudev sorts them, whatever the order of the record', () => {
  // A blacklist of ID_SERIAL_SHORT beats the exception ID_WWN on Debian 12, where the record has ID_WWN first.
  expect(namesOf('ID_WWN', 'ID_SERIAL_SHORT', 'ID_SERIAL', 'DM_DEL_PART_NODES', 'a.b-C')).toEqual([
    'DEVNAME',
    'DEVPATH',
    'DEVTYPE',
    'DM_DEL_PART_NODES',
    'ID_SERIAL',
    'ID_SERIAL_SHORT',
    'ID_WWN',
    'MAJOR',
    'MINOR',
    'SUBSYSTEM',
    'USEC_INITIALIZED',
    'a.b-C',
  ]);
});

test('each once, and names that mean something to JavaScript are names', () => {
  expect(namesOf('MAJOR', 'constructor').filter((name) => name === 'MAJOR' || name === 'constructor')).toEqual([
    'MAJOR',
    'constructor',
  ]);
});

test('without a record there are none', () => {
  expect(propertyNames({ udevNames: '' })).toEqual([]);
});
