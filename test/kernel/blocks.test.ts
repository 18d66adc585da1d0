import { createBlockPort } from '../../src/kernel/blocks';
import type { BlockPort } from '../../src/kernel/ports';
import { SCSI_DEVPATH, addDisk, fakeSysfs } from './fakeSysfs';
import type { FakeSysfs } from './fakeSysfs';

function portOver(sysfs: FakeSysfs): BlockPort {
  const never = (): never => {
    throw new Error('nothing is to be sent');
  };
  return createBlockPort({
    addon: { ...sysfs, scsiCommand: never, directRead: never, rescanDisk: never },
    now: () => 0,
    used: () => new Set(),
  });
}

/** /sys/dev/block has a link for each number. */
function linkNumber(sysfs: FakeSysfs, devt: string, name: string): void {
  sysfs.links.set(`/sys/dev/block/${devt}`, `/sys${SCSI_DEVPATH.replace(/[^/]+$/, name)}`);
}

test('a disk by its name', async () => {
  const sysfs = fakeSysfs();
  addDisk(sysfs, 'sda');
  expect(await portOver(sysfs).read('sda')).toMatchObject({ ok: true, value: { name: 'sda', devt: '8:0' } });
});

test('a disk by its number', async () => {
  const sysfs = fakeSysfs();
  addDisk(sysfs, 'sda');
  linkNumber(sysfs, '8:0', 'sda');
  expect(await portOver(sysfs).read('8:0')).toMatchObject({ ok: true, value: { name: 'sda', devt: '8:0' } });
});

test('a number without a disk', async () => {
  expect(await portOver(fakeSysfs()).read('8:0')).toEqual({
    ok: false,
    failure: { code: 'KERNEL_ERROR', operation: 'sysfs', device: '8:0', errno: 'ENOENT', detail: 'open' },
  });
});

test('another disk gets the name between the look-ups', async () => {
  const sysfs = fakeSysfs();
  addDisk(sysfs, 'sda', { dev: '8:16\n' });
  linkNumber(sysfs, '8:0', 'sda');
  expect(await portOver(sysfs).read('8:0')).toMatchObject({
    ok: false,
    failure: { code: 'WRONG_DEVICE', device: '8:0' },
  });
});

test.each(['', '..', '../8:0', '8:0/..', 'sda/sda1', '4096:0'])(
  '%j is no name of a disk and is never opened',
  async (name) => {
    const sysfs = fakeSysfs();
    expect(await portOver(sysfs).read(name)).toMatchObject({ ok: false, failure: { code: 'REFUSED' } });
    expect(sysfs.reads).toEqual([]);
  },
);

test('without a thread a look-up by number fails, and does not say that the disk is absent', async () => {
  const sysfs = fakeSysfs();
  sysfs.sysfsRead = () => Promise.reject(new Error('the work pool has no thread: EAGAIN'));
  expect(await portOver(sysfs).read('8:0')).toMatchObject({
    ok: false,
    failure: { code: 'KERNEL_ERROR', errno: 'EAGAIN' },
  });
});
