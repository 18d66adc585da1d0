import { AttributeError } from '../../src/kernel/attributes';
import { DISK_ATTRIBUTES, diskAttributes, diskFactsOf } from '../../src/kernel/blockFacts';
import type { DiskFacts } from '../../src/kernel/blockFacts';
import { SCSI_DEVPATH, SCSI_DISK, fakeSysfs } from './fakeSysfs';
import type { FakeDirectory } from './fakeSysfs';

const NVME_DEVPATH = '/devices/pci0000:00/0000:00:05.0/nvme/nvme1/nvme1n1';

async function factsOf(attributes: FakeDirectory, devpath = SCSI_DEVPATH): Promise<DiskFacts> {
  const sysfs = fakeSysfs();
  const directory = `/sys${devpath}`;
  sysfs.directories.set(directory, attributes);
  const [reading] = await sysfs.sysfsRead([{ directory, attributes: [...DISK_ATTRIBUTES] }]);
  if (reading === undefined) throw new Error('no reading');
  return diskFactsOf(devpath.replace(/.*\//, ''), reading.realpath, diskAttributes(reading));
}

async function flawOf(change: FakeDirectory, devpath = SCSI_DEVPATH): Promise<AttributeError> {
  try {
    await factsOf({ ...SCSI_DISK, ...change }, devpath);
  } catch (error) {
    if (error instanceof AttributeError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

test('a SCSI disk', async () => {
  expect(await factsOf(SCSI_DISK)).toEqual({
    name: 'sda',
    devt: '8:0',
    diskseq: 2,
    devpath: SCSI_DEVPATH,
    sizeSectors: 16384,
    readOnly: false,
    hidden: false,
    bus: 'scsi',
    vendor: 'Linux',
    model: 'scsi_debug',
    revision: '0191',
    hcil: '0:0:0:0',
    state: 'running',
    tpgs: 'implicit',
    accessState: 'active/optimized',
    preferredPath: false,
    deviceHandler: 'alua',
    vpd83: '008300080103000833333330000007d0',
    vpd80: '0080000432303030',
    sysfsWwid: null,
    timeoutSeconds: 30,
    maxSectorsKb: 512,
    holders: ['dm-0'],
  });
});

test.each<[string, FakeDirectory, Partial<DiskFacts>]>([
  [
    'no device handler',
    { 'device/dh_state': 'detached\n', 'device/access_state': '!EINVAL', 'device/preferred_path': '!EINVAL' },
    { deviceHandler: null, accessState: null, preferredPath: false },
  ],
  ['a disk without target port groups', { 'device/inquiry': Buffer.from([0, 0, 6, 2, 31, 0]) }, { tpgs: 'none' }],
  [
    'a disk whose port groups can be set',
    { 'device/inquiry': Buffer.from([0, 0, 6, 2, 31, 0x2f]) },
    { tpgs: 'explicit' },
  ],
  [
    'a disk whose port groups change and can be set',
    { 'device/inquiry': Buffer.from([0, 0, 6, 2, 31, 0x30]) },
    { tpgs: 'both' },
  ],
  ['INQUIRY data that are cut off', { 'device/inquiry': Buffer.from([0, 0, 6, 2, 31]) }, { tpgs: null }],
  ['a kernel that does not show INQUIRY data', { 'device/inquiry': '!ENOENT' }, { tpgs: null }],
  ['a preferred path', { 'device/preferred_path': '1\n' }, { preferredPath: true }],
  ['no VPD pages', { 'device/vpd_pg83': '!EINVAL', 'device/vpd_pg80': '!ENOENT' }, { vpd83: null, vpd80: null }],
  ['an empty VPD page', { 'device/vpd_pg83': Buffer.alloc(0) }, { vpd83: null }],
  ['a kernel without diskseq', { diskseq: '!ENOENT' }, { diskseq: null }],
  ['a read-only disk', { ro: '1\n' }, { readOnly: true }],
  ['a hidden disk', { hidden: '1\n' }, { hidden: true }],
  ['size zero', { size: '0\n' }, { sizeSectors: 0 }],
  ['a size above 32 bits', { size: '9007199254740991\n' }, { sizeSectors: 9007199254740991 }],
  ['a zoned disk', { 'device/type': '20\n' }, { bus: 'scsi' }],
  ['a CD drive', { 'device/type': '5\n' }, { bus: 'other', vendor: null, hcil: null, vpd83: null, state: null }],
  ['an enclosure', { 'device/type': '13\n' }, { bus: 'other' }],
  ['a type that is gone', { 'device/type': '!ENOENT' }, { bus: 'other' }],
  ['a vendor that is no ASCII', { 'device/vendor': 'V\xe9nd\xa0\n' }, { vendor: 'V\xe9nd\xa0' }],
  ['a vendor with control characters', { 'device/vendor': 'A\x1b[1mB\0\0 ' }, { vendor: 'A?[1mB' }],
  ['no holders', { 'holders/': '' }, { holders: [] }],
  [
    'holders in disorder and of other kinds',
    { 'holders/': 'md0\0dm-12\0dm-1\0dm-x\0bcache0\0' },
    { holders: ['dm-1', 'dm-12'] },
  ],
])('%s', async (_, change, expected) => {
  expect(await factsOf({ ...SCSI_DISK, ...change })).toMatchObject(expected);
});

test('an NVMe namespace', async () => {
  const facts = await factsOf(
    {
      dev: '259:1\n',
      diskseq: '9\n',
      size: '2048\n',
      ro: '0\n',
      hidden: '0\n',
      wwid: 'nvme.1b36-6c6162-51454d55-00000001\n',
      nsid: '1\n',
      'device/model': 'QEMU NVMe Ctrl                          \n',
      'device/firmware_rev': '7.2.22  \n',
      'device/state': 'live\n',
      'device/cntlid': '3\n',
    },
    NVME_DEVPATH,
  );
  expect(facts).toMatchObject({
    bus: 'nvme',
    vendor: 'NVME',
    model: 'QEMU NVMe Ctrl',
    revision: '7.2.22',
    hcil: '1:3:1:1',
    state: 'live',
    sysfsWwid: 'nvme.1b36-6c6162-51454d55-00000001',
    vpd83: null,
    maxSectorsKb: null,
  });
});

test.each<[string, string, Partial<DiskFacts>]>([
  ['/devices/virtual/block/dm-3', 'dm-3', { bus: 'dm', hcil: null, vendor: null, state: null }],
  ['/devices/pci0000:00/0000:00:01.0/virtio0/block/vda', 'vda', { bus: 'other', vendor: null }],
  ['/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1', 'nvme0n1', { bus: 'nvme', hcil: null }],
  [
    '/devices/css0/0.0.0001/0.0.0200/block/dasda',
    'dasda',
    { bus: 'ccw', sysfsWwid: 'IBM.750000000X1234.0001.01', model: '3390/0c' },
  ],
])('%s', async (devpath, name, expected) => {
  const facts = await factsOf(
    {
      ...SCSI_DISK,
      'device/uid': 'IBM.750000000X1234.0001.01\n',
      'device/vendor': '0x1af4\n',
      'device/devtype': '3390/0c\n',
    },
    devpath,
  );
  expect(facts).toMatchObject({ name, ...(expected.bus === 'ccw' ? {} : { vpd83: null }), ...expected });
});

describe('an impossible value is MALFORMED and not zero', () => {
  test.each<[string, FakeDirectory]>([
    ['dev', { dev: '8\n' }],
    ['dev', { dev: '\n' }],
    ['dev', { dev: '8:0 9:0\n' }],
    ['diskseq', { diskseq: '-1\n' }],
    ['diskseq', { diskseq: '0x2\n' }],
    ['diskseq', { diskseq: '\n' }],
    ['size', { size: '\n' }],
    ['size', { size: '16384K\n' }],
    ['size', { size: '1e9\n' }],
    ['size', { size: '-16384\n' }],
    ['size', { size: '9007199254740993\n' }],
    ['size', { size: '18446744073709551615\n' }],
    ['ro', { ro: '2\n' }],
    ['hidden', { hidden: 'no\n' }],
    ['queue/max_sectors_kb', { 'queue/max_sectors_kb': 'many\n' }],
    ['device/timeout', { 'device/timeout': '30.5\n' }],
    ['device/type', { 'device/type': 'disk\n' }],
    ['device/preferred_path', { 'device/preferred_path': '7\n' }],
  ])('%s: %j', async (attribute, change) => {
    expect((await flawOf(change)).failure('sda')).toEqual({
      code: 'MALFORMED',
      operation: 'sysfs',
      device: 'sda',
      errno: null,
      detail: attribute,
    });
  });
});

describe('an attribute that was not read is unknown, not absent', () => {
  test.each(['ENOMEM', 'EIO', 'EMFILE', 'EACCES', 'EINTR', 'EFBIG'])('%s', async (errno) => {
    for (const attribute of ['size', 'hidden', 'diskseq', 'device/vpd_pg83', 'holders/']) {
      expect((await flawOf({ [attribute]: `!${errno}` })).failure('sda')).toMatchObject({
        code: 'KERNEL_ERROR',
        errno,
        detail: attribute,
      });
    }
  });
});

describe('a device that went during its reading is torn', () => {
  test.each<[string, FakeDirectory]>([
    ['its number is gone', { dev: '!ENOENT' }],
    ['its kobject is going', { size: '!ENODEV' }],
    ['its SCSI device is going', { 'device/vpd_pg83': '!ENODEV' }],
    ['its size is gone', { size: '!ENOENT' }],
  ])('%s', async (_, change) => {
    expect((await flawOf(change)).failure('sda')).toMatchObject({ code: 'WRONG_DEVICE', errno: null });
  });

  test.each<[string, string[]]>([
    ['another number at the end', ['8:16\n', '2\n']],
    ['another diskseq at the end', ['8:0\n', '3\n']],
    ['gone at the end', ['!ENOENT', '!ENOENT']],
    ['going at the end', ['8:0\n', '!ENODEV']],
  ])('%s', async (_, last) => {
    const values = DISK_ATTRIBUTES.map((name) => SCSI_DISK[name] ?? '!ENOENT');
    values.splice(-2, 2, ...last);
    const reading = {
      errno: null,
      realpath: `/sys${SCSI_DEVPATH}`,
      values: values.map((v) => (typeof v === 'string' && v.startsWith('!') ? v.slice(1) : Buffer.from(v))),
    };
    expect(() => diskAttributes(reading)).toThrow(/torn/);
  });

  test.each([
    '/sys/devices/virtual/block/sdb',
    '/sys/class/block/sda',
    '/devices/virtual/block/sda',
    `/sys${SCSI_DEVPATH} (deleted)`,
    '',
  ])('a directory %j that is not the disk’s', async (realpath) => {
    const sysfs = fakeSysfs();
    sysfs.directories.set(realpath, SCSI_DISK);
    const [reading] = await sysfs.sysfsRead([{ directory: realpath, attributes: [...DISK_ATTRIBUTES] }]);
    if (reading === undefined) throw new Error('no reading');
    expect(() => diskFactsOf('sda', realpath, diskAttributes(reading))).toThrow(/torn/);
  });
});
