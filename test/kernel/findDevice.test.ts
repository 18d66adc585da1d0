import { isNodePath } from '../../src/kernel/blockNode';
import { findDevice } from '../../src/kernel/findDevice';
import { fakeSysfs, type FakeSysfs } from './fakeSysfs';

const SDA = '/sys/devices/pci0/host0/block/sda';

let sysfs: FakeSysfs;
beforeEach(() => {
  sysfs = fakeSysfs();
  sysfs.links
    .set('/sys/class/block/sda', SDA)
    .set('/sys/dev/block/8:0', SDA)
    .set('/sys/class/block/sda1', `${SDA}/sda1`);
  sysfs.directories.set(SDA, {
    dev: '8:0\n',
    diskseq: '7\n',
    uevent: 'MAJOR=8\nMINOR=0\nDEVNAME=sda\nDEVTYPE=disk\nDISKSEQ=7\n',
  });
  sysfs.directories.set(`${SDA}/sda1`, { dev: '8:1\n', uevent: 'DEVTYPE=partition\n' });
});

test.each(['sda', '8:0'])('%s', async (device) => {
  expect(await findDevice(sysfs, device)).toEqual({
    ok: true,
    value: { name: 'sda', devt: '8:0', diskseq: 7, devtype: 'disk' },
  });
});

test('a partition', async () => {
  expect(await findDevice(sysfs, 'sda1')).toEqual({
    ok: true,
    value: { name: 'sda1', devt: '8:1', diskseq: null, devtype: 'partition' },
  });
});

test('a device without a type', async () => {
  sysfs.directories.set(SDA, { dev: '8:0\n', uevent: 'MAJOR=8\n' });
  expect(await findDevice(sysfs, 'sda')).toMatchObject({ ok: true, value: { devtype: null } });
});

test.each(['sdb', '8:16', '/dev/no/such/node'])('%s does not exist', async (device) => {
  expect(await findDevice(sysfs, device)).toMatchObject({
    ok: false,
    failure: { code: 'KERNEL_ERROR', errno: 'ENOENT' },
  });
});

test.each([
  '',
  '.',
  '..',
  '../sda',
  'a/b',
  'sda\0',
  'sda\n',
  's'.repeat(32),
  '8:0:0',
  '4096:0',
  '/etc/passwd',
  '/dev/../etc/passwd',
  '/dev/x/../sda',
  '/dev',
  '/dev/null',
  `/dev/${'x'.repeat(4096)}`,
  '/dev/sda\0',
])('%j is refused', async (device) => {
  expect(await findDevice(sysfs, device)).toMatchObject({ ok: false, failure: { code: 'REFUSED' } });
  expect(sysfs.reads).toEqual([]);
});

test.each<[string, string]>([
  ['dev', '!ENODEV'],
  ['dev', 'nonsense'],
  ['uevent', '!EIO'],
])('a device whose %s is %s is not taken for another', async (attribute, value) => {
  sysfs.directories.set(SDA, { dev: '8:0\n', uevent: '', [attribute]: value });
  expect(await findDevice(sysfs, 'sda')).toMatchObject({ ok: false });
});

test('paths below /dev', () => {
  expect(['/dev/sda', '/dev/disk/by-id/a..b', '/dev/mapper/x'].map(isNodePath)).toEqual([true, true, true]);
});
