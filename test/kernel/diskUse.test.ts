import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseMounts, parseSwaps, userOfDisk } from '../../src/kernel/diskUse';
import { fakeSysfs, type FakeDirectory, type FakeSysfs } from './fakeSysfs';

const MOUNTINFO = `22 27 0:21 / /proc rw,relatime - proc proc rw
36 35 8:1 / /mnt/a\\040b rw,noatime master:1 - ext4 /dev/sda1 rw,errors=continue
40 35 0:45 /sub /data rw - btrfs /dev/null rw
cut off
`;

describe('parseMounts', () => {
  test('gives number, source and place', () => {
    expect(parseMounts(MOUNTINFO)).toEqual([
      { devt: '0:21', source: 'proc', where: '/proc' },
      { devt: '8:1', source: '/dev/sda1', where: '/mnt/a\\040b' },
      { devt: '0:45', source: '/dev/null', where: '/data' },
    ]);
  });

  test('accepts any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'- /8:1\nab') }), (text) =>
        expect(parseMounts(text).every(({ where }) => where !== undefined)).toBe(true),
      ),
    );
  });
});

test('parseSwaps gives devices and no files', () => {
  const text =
    'Filename\t\t\t\tType\t\tSize\n/dev/sda2                               partition\t1000\t0\t-2\n/swap file 8\n';
  expect(parseSwaps(text)).toEqual(['/dev/sda2']);
});

describe('userOfDisk', () => {
  let root: string;
  let sysfs: FakeSysfs;
  beforeEach(async () => {
    root = await fs.mkdtemp(join(tmpdir(), 'mpathd-use-'));
    sysfs = fakeSysfs();
    put('', { dev: '8:0\n', 'holders/': '' });
    put('/sda1', { dev: '8:1\n', partition: '1\n', 'holders/': '' });
    put('/sda2', { dev: '8:2\n', partition: '2\n', 'holders/': '' });
    // A directory of the disk that only looks like one of its partitions.
    put('/sdaqueue', { dev: '9:9\n', 'holders/': 'dm-7\0' });
  });
  afterEach(() => fs.rm(root, { recursive: true }));

  function put(name: string, directory: FakeDirectory): void {
    const path = `/sys/class/block/sda${name}`;
    sysfs.links.set(path, path);
    sysfs.directories.set(path, directory);
  }

  async function use(mounts = '', swaps = ''): Promise<unknown> {
    const files = { mounts: join(root, 'mounts'), swaps: join(root, 'swaps') };
    await fs.writeFile(files.mounts, mounts);
    await fs.writeFile(files.swaps, swaps);
    return userOfDisk(sysfs, 'sda', files);
  }

  const value = (text: string | null): object => ({ ok: true, value: text });

  test('nobody uses the disk', async () => {
    expect(await use('36 35 8:16 / /mnt rw - ext4 /dev/sdb rw\n')).toEqual(value(null));
  });

  test.each([
    ['', 'sda'],
    ['/sda2', 'sda2'],
  ])('devices on top of sda%s', async (path, name) => {
    put(path, { dev: '8:2\n', partition: '2\n', 'holders/': 'md0\0dm-3\0' });
    expect(await use()).toEqual(value(`${name} is part of md0, dm-3`));
  });

  test('a file system', async () => {
    expect(await use(MOUNTINFO)).toEqual(value('sda1 is mounted on /mnt/a\\040b'));
    expect(await use('36 35 8:0 / / rw - ext4 /dev/root rw\n')).toEqual(value('sda is mounted on /'));
  });

  test('nobody uses a partition that goes meanwhile', async () => {
    sysfs.directories.set('/sys/class/block/sda/sda1', { '.': 'ENOENT' });
    expect(await use(MOUNTINFO)).toEqual(value(null));
  });

  test.each<[string, (of: FakeSysfs) => void]>([
    ['the disk is gone', (of) => of.directories.set('/sys/class/block/sda', { '.': 'ENOENT' })],
    ['a partition cannot be read', (of) => of.directories.set('/sys/class/block/sda/sda1', { '.': 'EIO' })],
    ['holders cannot be read', (of) => of.directories.set('/sys/class/block/sda', { dev: '8:0', 'holders/': '!EIO' })],
    ['the disk cannot be listed', (of) => of.links.clear()],
  ])('%s: the answer is a failure', async (_, spoil) => {
    spoil(sysfs);
    expect(await use()).toMatchObject({ ok: false });
  });

  test('without the list of mounts the answer is a failure', async () => {
    expect(await userOfDisk(sysfs, 'sda', { mounts: join(root, 'none'), swaps: join(root, 'none') })).toMatchObject({
      ok: false,
      failure: { errno: 'ENOENT' },
    });
  });
});
