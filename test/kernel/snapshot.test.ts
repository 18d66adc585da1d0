import { takeSnapshot } from '../../src/kernel/snapshot';
import type { SnapshotAddon } from '../../src/kernel/snapshot';
import { addDisk, fakeSysfs } from './fakeSysfs';
import type { FakeSysfs } from './fakeSysfs';
import { nativeMap } from '../fixtures';

const map = nativeMap({ uuid: 'mpath-a', diskseq: 7, targets: [] });
const entry = { name: 'mpatha', uuid: 'mpath-a', devt: '253:0', eventNr: 1 };

type DmAnswer = Awaited<ReturnType<SnapshotAddon['dmSnapshot']>>;

function addonWith(
  sysfs: FakeSysfs,
  answer: () => Promise<DmAnswer>,
): SnapshotAddon & { order: string[]; prefixes: string[] } {
  const order: string[] = [];
  const prefixes: string[] = [];
  return {
    order,
    prefixes,
    dmSnapshot: (prefix) => {
      order.push('dm');
      prefixes.push(prefix);
      return answer();
    },
    listDirectory: (path) => {
      order.push('names');
      return sysfs.listDirectory(path);
    },
    sysfsRead: (requests) => {
      order.push('disks');
      return sysfs.sysfsRead(requests);
    },
  };
}

const oneMap = async (): Promise<DmAnswer> => ({
  errno: null,
  devices: [entry, { name: 'root', uuid: 'LVM-x', devt: '253:1', eventNr: 0 }],
  maps: [{ uuid: 'mpath-a', result: { errno: null, map } }],
});

function sysfsWith(...names: string[]): FakeSysfs {
  const sysfs = fakeSysfs();
  names.forEach((name, i) => addDisk(sysfs, name, { dev: `8:${16 * i}\n`, diskseq: `${i + 1}\n` }));
  return sysfs;
}

test('maps first, then the disks', async () => {
  const addon = addonWith(sysfsWith('sda', 'sdb'), oneMap);
  const snapshot = await takeSnapshot(addon, new Set());
  expect(addon.order).toEqual(['dm', 'names', 'disks', 'disks']);
  expect(addon.prefixes).toEqual(['mpath-']);
  expect(snapshot.dm).toMatchObject({ ok: true, value: [{ name: 'mpatha' }, { name: 'root', uuid: 'LVM-x' }] });
  expect(snapshot.maps).toMatchObject([
    { uuid: 'mpath-a', reading: { ok: true, value: { name: 'mpatha', diskseq: 7 } } },
  ]);
  expect(snapshot.blocks).toMatchObject({
    ok: true,
    value: [
      { name: 'sda', reading: { ok: true, value: { devt: '8:0' } } },
      { name: 'sdb', reading: { ok: true, value: { devt: '8:16' } } },
    ],
  });
});

test('disks that never are paths are not read', async () => {
  const never = ['loop0', 'ram1', 'zram0', 'sr0', 'scd0', 'fd0', 'md127', 'md_d0', 'nbd3', 'dm-0'];
  const maybe = ['sda', 'nvme0n1', 'dasda', 'vda', 'xvda', 'mmcblk0', 'cciss!c0d0', 'sramp'];
  const snapshot = await takeSnapshot(addonWith(sysfsWith(...never, ...maybe), oneMap), new Set());
  if (!snapshot.blocks.ok) throw new Error('no blocks');
  expect(snapshot.blocks.value.map((b) => b.name)).toEqual(maybe);
});

test('a disk whose reading fails is in the snapshot with its failure', async () => {
  const sysfs = sysfsWith('sda', 'sdb');
  addDisk(sysfs, 'sda', { size: '!EIO' });
  const snapshot = await takeSnapshot(addonWith(sysfs, oneMap), new Set());
  expect(snapshot.blocks).toMatchObject({
    ok: true,
    value: [
      { name: 'sda', reading: { ok: false, failure: { errno: 'EIO' } } },
      { name: 'sdb', reading: { ok: true } },
    ],
  });
});

test('a map whose reading fails is in the snapshot with its failure', async () => {
  const answer = async (): Promise<DmAnswer> => ({
    errno: null,
    devices: [entry],
    maps: [
      { uuid: 'mpath-a', result: { errno: 'ENOMEM', step: 'DM_TABLE_STATUS' } },
      { uuid: 'mpath-b', result: { errno: null, map } },
      { uuid: 'mpath-a', result: { errno: null, map: { ...map, devt: 'x' } } },
    ],
  });
  const { maps } = await takeSnapshot(addonWith(fakeSysfs(), answer), new Set());
  expect(maps.map(({ reading }) => (reading.ok ? 'ok' : `${reading.failure.code} ${reading.failure.device}`))).toEqual([
    'KERNEL_ERROR mpath-a',
    'WRONG_DEVICE mpath-b',
    'MALFORMED mpath-a',
  ]);
});

test.each<[string, () => Promise<DmAnswer>, string, string]>([
  ['an errno', async () => ({ errno: 'EPERM', step: 'DM_LIST_DEVICES' }), 'DM_LIST_DEVICES', 'EPERM'],
  ['a step on the way to it', async () => ({ errno: 'ENXIO', step: 'open' }), 'open', 'ENXIO'],
  ['no thread', () => Promise.reject(new Error('no thread')), 'DM_LIST_DEVICES', 'EAGAIN'],
])('the list of maps fails with %s: disks are still read', async (_, answer, operation, errno) => {
  const snapshot = await takeSnapshot(addonWith(sysfsWith('sda'), answer), new Set());
  expect(snapshot.dm).toMatchObject({ ok: false, failure: { code: 'KERNEL_ERROR', operation, errno } });
  expect(snapshot.maps).toEqual([]);
  expect(snapshot.blocks).toMatchObject({ ok: true, value: [{ name: 'sda' }] });
});

test('a list of maps with an impossible value is no list', async () => {
  const answer = async (): Promise<DmAnswer> => ({ errno: null, devices: [{ ...entry, devt: '' }], maps: [] });
  expect((await takeSnapshot(addonWith(fakeSysfs(), answer), new Set())).dm).toMatchObject({
    ok: false,
    failure: { code: 'MALFORMED' },
  });
});

test('without the names nothing is known about disks', async () => {
  const snapshot = await takeSnapshot(addonWith(fakeSysfs(), oneMap), new Set());
  expect(snapshot.blocks).toMatchObject({
    ok: false,
    failure: { operation: 'readdir', device: '/sys/block', errno: 'ENOENT' },
  });
  expect(snapshot.maps).toHaveLength(1);
});

test('wrong arguments do not become an answer', async () => {
  await expect(
    takeSnapshot(
      addonWith(fakeSysfs(), () => Promise.reject(new TypeError('prefix'))),
      new Set(),
    ),
  ).rejects.toThrow('prefix');
});
