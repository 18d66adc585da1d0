import { listDisks } from '../../src/kernel/listDisks';
import { addDisk, fakeSysfs, type FakeDirectory } from './fakeSysfs';

async function listed(disks: Record<string, FakeDirectory>) {
  const sysfs = fakeSysfs();
  for (const [name, attributes] of Object.entries(disks)) addDisk(sysfs, name, attributes);
  return { sysfs, reading: await listDisks(sysfs) };
}

it('gives name, number and sequence number of each disk, in one call for all of them', async () => {
  const { sysfs, reading } = await listed({
    sda: {},
    sdb: { dev: '8:16\n', diskseq: '3\n' },
    nvme0n1: { dev: '259:0\n', diskseq: '4\n' },
  });
  expect(reading).toEqual({
    ok: true,
    value: [
      { name: 'sda', devt: '8:0', diskseq: 2 },
      { name: 'sdb', devt: '8:16', diskseq: 3 },
      { name: 'nvme0n1', devt: '259:0', diskseq: 4 },
    ],
  });
  expect(sysfs.calls).toEqual([3]);
});

it('does not read disks that never are paths', async () => {
  const { sysfs } = await listed({ sda: {}, loop0: {}, 'dm-3': {}, zram0: {}, sr0: {} });
  expect(sysfs.reads).toEqual(['/sys/block/sda']);
});

it.each<[string, FakeDirectory, unknown]>([
  ['has no sequence number (before Linux 5.15)', { diskseq: '!ENOENT' }, { devt: '8:0', diskseq: null }],
  ['is on its way out', { dev: '!ENODEV' }, { devt: null, diskseq: null }],
  ['cannot be opened', { '.': 'EACCES' }, { devt: null, diskseq: null }],
  ['has no number', { dev: '!ENOENT' }, { devt: null, diskseq: null }],
  ['has a number that is none', { dev: '8:zero\n' }, { devt: null, diskseq: null }],
  ['has a sequence number that is none', { diskseq: '-1\n' }, { devt: null, diskseq: null }],
])('a disk that %s is listed with its known fields', async (_, attributes, expected) => {
  const { reading } = await listed({ sda: attributes, sdb: { dev: '8:16\n', diskseq: '3\n' } });
  expect(reading).toEqual({
    ok: true,
    value: [
      { name: 'sda', ...(expected as object) },
      { name: 'sdb', devt: '8:16', diskseq: 3 },
    ],
  });
});

it('leaves out a disk that went after its name was read', async () => {
  const sysfs = fakeSysfs();
  addDisk(sysfs, 'sda');
  addDisk(sysfs, 'sdb', { dev: '8:16\n' });
  sysfs.before = () => void sysfs.directories.delete(sysfs.links.get('/sys/block/sda') ?? '');
  expect(await listDisks(sysfs)).toEqual({ ok: true, value: [{ name: 'sdb', devt: '8:16', diskseq: 2 }] });
});

it('fails if the names cannot be read', async () => {
  expect(await listDisks(fakeSysfs())).toMatchObject({ ok: false, failure: { operation: 'readdir', errno: 'ENOENT' } });
  const noThread = { ...fakeSysfs(), listDirectory: () => Promise.reject(new Error('no thread')) };
  expect(await listDisks(noThread)).toMatchObject({ ok: false, failure: { errno: 'EAGAIN' } });
});
