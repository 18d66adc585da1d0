import { readDisks } from '../../src/kernel/readDisks';
import { isDiskName } from '../../src/model/identity';
import { SCSI_DEVPATH, addDisk, fakeSysfs } from './fakeSysfs';
import type { FakeSysfs } from './fakeSysfs';

const NONE: ReadonlySet<string> = new Set();
const DATABASE = '/run/udev/data';

function sysfsWith(...names: string[]): FakeSysfs {
  const sysfs = fakeSysfs();
  names.forEach((name, i) => addDisk(sysfs, name, { dev: `8:${16 * i}\n`, diskseq: `${i + 1}\n` }));
  return sysfs;
}

async function readOne(sysfs: FakeSysfs, name: string) {
  const [result] = await readDisks(sysfs, [name], NONE);
  return result?.reading;
}

test('a disk with its udev record and its transport', async () => {
  const sysfs = sysfsWith('sda');
  sysfs.directories.set(DATABASE, { 'b8:0': 'I:1\nE:ID_SERIAL=x\n' });
  expect(await readOne(sysfs, 'sda')).toMatchObject({
    ok: true,
    value: { name: 'sda', devt: '8:0', diskseq: 1, udev: { ID_SERIAL: 'x' }, transport: { protocol: 'scsi:unspec' } },
  });
});

test.each<[string, Record<string, string> | undefined]>([
  ['no database', undefined],
  ['no record', {}],
  ['a record that is not finished', { 'b8:0': 'E:ID_SERIAL=x\n' }],
  ['a record that is too large to be one', { 'b8:0': '!EFBIG' }],
])('udev is null with %s', async (_, database) => {
  const sysfs = sysfsWith('sda');
  if (database !== undefined) sysfs.directories.set(DATABASE, database);
  expect(await readOne(sysfs, 'sda')).toMatchObject({ ok: true, value: { udev: null } });
});

test('a udev record that could not be read does not count as a missing one', async () => {
  const sysfs = sysfsWith('sda');
  sysfs.directories.set(DATABASE, { 'b8:0': '!EIO' });
  expect(await readOne(sysfs, 'sda')).toMatchObject({
    ok: false,
    failure: { code: 'KERNEL_ERROR', errno: 'EIO', detail: 'b8:0' },
  });
});

test.each<[string, string]>([
  ['ENOENT', 'ENOENT'],
  ['ENOMEM', 'ENOMEM'],
])('a directory that cannot be opened keeps its errno: %s', async (_, errno) => {
  const sysfs = fakeSysfs();
  if (errno !== 'ENOENT') addDisk(sysfs, 'sda', { '.': errno });
  expect(await readOne(sysfs, 'sda')).toEqual({
    ok: false,
    failure: { code: 'KERNEL_ERROR', operation: 'sysfs', device: 'sda', errno, detail: 'open' },
  });
});

test('one disk that fails does not affect the others, and the order is kept', async () => {
  const sysfs = sysfsWith('sda', 'sdb', 'sdc');
  addDisk(sysfs, 'sdb', { size: 'x\n' });
  const results = await readDisks(sysfs, ['sdc', 'gone', 'sdb', '../etc', 'sda'], NONE);
  expect(results.map((r) => [r.name, r.reading.ok || r.reading.failure.code])).toEqual([
    ['sdc', true],
    ['gone', 'KERNEL_ERROR'],
    ['sdb', 'MALFORMED'],
    ['../etc', 'REFUSED'],
    ['sda', true],
  ]);
});

test('many disks are read in few calls', async () => {
  const names = Array.from({ length: 450 }, (_, i) => `sd${i}`);
  const sysfs = sysfsWith(...names);
  const results = await readDisks(sysfs, names, NONE);
  expect(results.every((r) => r.reading.ok)).toBe(true);
  expect(sysfs.calls).toEqual([200, 400, 200, 400, 50, 100]);
});

describe('a disk that changes while it is read', () => {
  /** Puts another disk under the name before the n-th directory is read. */
  function replaceBefore(sysfs: FakeSysfs, numbers: number[]): void {
    let diskseq = 100;
    sysfs.before = (_, number) => {
      if (numbers.includes(number)) addDisk(sysfs, 'sda', { dev: '8:0\n', diskseq: `${diskseq++}\n` });
    };
  }

  test.each([1, 2])('is read again if another disk has its name before request %i', async (number) => {
    const sysfs = sysfsWith('sda');
    replaceBefore(sysfs, [number]);
    expect(await readOne(sysfs, 'sda')).toMatchObject({ ok: true, value: { diskseq: 100 } });
    expect(sysfs.reads).toHaveLength(6);
  });

  test('is given up as another device if it changes at each attempt', async () => {
    const sysfs = sysfsWith('sda');
    replaceBefore(sysfs, [2, 5, 8]);
    expect(await readOne(sysfs, 'sda')).toMatchObject({ ok: false, failure: { code: 'WRONG_DEVICE', detail: 'dev' } });
    expect(sysfs.reads).toHaveLength(9);
  });

  test('is absent only if the next reading does not find its name', async () => {
    const sysfs = sysfsWith('sda');
    sysfs.before = (_, number) => {
      if (number !== 2) return;
      sysfs.links.clear();
      sysfs.directories.clear();
    };
    expect(await readOne(sysfs, 'sda')).toMatchObject({
      ok: false,
      failure: { code: 'KERNEL_ERROR', errno: 'ENOENT' },
    });
  });

  test('does not get the udev record of its successor', async () => {
    const sysfs = sysfsWith('sda');
    sysfs.directories.set(DATABASE, { 'b8:0': 'I:1\nE:ID_SERIAL=old\n' });
    sysfs.before = (_, number) => {
      if (number !== 1) return;
      addDisk(sysfs, 'sda', { dev: '8:0\n', diskseq: '77\n' });
      sysfs.directories.set(DATABASE, { 'b8:0': 'I:2\nE:ID_SERIAL=new\n' });
    };
    expect(await readOne(sysfs, 'sda')).toMatchObject({ ok: true, value: { diskseq: 77, udev: { ID_SERIAL: 'new' } } });
  });

  test('does not affect the other disks of the call', async () => {
    const sysfs = sysfsWith('sda', 'sdb');
    replaceBefore(sysfs, [3]);
    await readDisks(sysfs, ['sda', 'sdb'], NONE);
    expect(sysfs.reads.filter((d) => d === '/sys/block/sdb')).toHaveLength(1);
  });
});

test('without a thread every disk fails with EAGAIN', async () => {
  const sysfs = sysfsWith('sda');
  sysfs.sysfsRead = () => Promise.reject(new Error('the work pool has no thread: EAGAIN'));
  expect(await readOne(sysfs, 'sda')).toMatchObject({ ok: false, failure: { code: 'KERNEL_ERROR', errno: 'EAGAIN' } });
});

test.each<[string, boolean]>([
  ['sda', true],
  ['nvme0n1', true],
  ['dm-0', true],
  ['cciss!c0d0', true],
  ['', false],
  ['.', false],
  ['..', false],
  ['a/b', false],
  ['sda\n', false],
  ['sda\0', false],
  ['x'.repeat(31), true],
  ['x'.repeat(32), false],
])('isDiskName(%j) is %s', (name, expected) => {
  expect(isDiskName(name)).toBe(expected);
});

test('the devpath is that of the directory, not of the name', async () => {
  const sysfs = sysfsWith('sda');
  expect(await readOne(sysfs, 'sda')).toMatchObject({ value: { devpath: SCSI_DEVPATH } });
});
