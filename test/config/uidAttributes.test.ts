import { uidAttributeByName, uidAttributeOfDisk, uidAttributesOf } from '../../src/config/uidAttributes';
import { deviceIdentityOf } from '../../src/config/device';
import { mergeConfiguration } from '../../src/config/effective';
import { disk } from '../fixtures';
import { blockOf, configurationOf } from '../configuration';

test.each([
  ['sd:A nvme:B', 'sda', 'A'],
  ['sd:A nvme:B', 'nvme0n1', 'B'],
  ['sd:A sda:B', 'sda', 'A'],
  ['  \tsd:A\t', 'sdb', 'A'],
  ['sd:A', 'dasda', null],
  ['', 'sda', null],
  ['sd: :A sd', 'sda', null],
])('uid_attrs %j gives %s the property %j', (attrs, name, property) => {
  expect(uidAttributeByName(attrs, name)).toBe(property);
});

const SCSI = disk();
const NVME = disk({ name: 'nvme0n1', bus: 'nvme', vendor: null, model: 'M' });

test.each([
  ['built in', {}, 'ID_SERIAL', 'ID_WWN'],
  ['defaults', { defaults: blockOf({ uid_attribute: 'ID_SITE' }) }, 'ID_SITE', 'ID_WWN'],
  [
    'a device section',
    { devices: [blockOf({ vendor: '.*', product: '.*', uid_attribute: 'ID_MINE' })] },
    'ID_MINE',
    'ID_MINE',
  ],
  ['overrides', { overrides: blockOf({ uid_attribute: '' }) }, '', ''],
  [
    'uid_attrs before all others',
    { defaults: blockOf({ uid_attrs: 'sd:ID_A' }), overrides: blockOf({ uid_attribute: 'ID_B' }) },
    'ID_A',
    'ID_B',
  ],
])('the property of a disk by %s', (_, more, scsi, nvme) => {
  const config = mergeConfiguration(configurationOf({}, more));
  expect(uidAttributeOfDisk(config, deviceIdentityOf(SCSI), SCSI.name).value).toBe(scsi);
  expect(uidAttributeOfDisk(config, deviceIdentityOf(NVME), NVME.name).value).toBe(nvme);
});

test('the values of all properties that may have a WWID are kept', () => {
  const config = mergeConfiguration(
    configurationOf(
      { uid_attrs: 'sd:ID_A nvme:ID_B dasd:', uid_attribute: 'ID_C' },
      {
        devices: [blockOf({ vendor: 'x', product: 'y', uid_attribute: 'ID_D' })],
        overrides: blockOf({ uid_attribute: '' }),
      },
    ),
  );
  expect([...uidAttributesOf(config)].sort()).toEqual(['ID_A', 'ID_B', 'ID_C', 'ID_D', 'ID_UID', 'ID_WWN']);
});
