import { askDisk } from '../../src/policy/diskQuestions';
import { createBlockPort } from '../../src/kernel/blocks';
import { monotonicMs } from '../../src/kernel/clock';
import { loadAddon } from '../../src/kernel/native';
import { takeSnapshot } from '../../src/kernel/snapshot';
import type { SysfsReading } from '../../native/mpathd';
import { attachLoop } from './loopDevice';
import type { LoopDevice } from './loopDevice';

const addon = loadAddon();
const blocks = createBlockPort({ addon, now: monotonicMs, used: () => new Set() });
let loop: LoopDevice;
beforeAll(() => (loop = attachLoop(1024 * 1024)));
afterAll(() => loop.detach());

const device = (change: object = {}) => ({
  node: `/dev/${loop.name}`,
  devt: loop.devt,
  diskseq: loop.diskseq,
  ...change,
});
const request = (change: object = {}) => ({
  name: loop.name,
  devt: loop.devt,
  diskseq: loop.diskseq,
  method: 'directio' as const,
  timeoutMs: 10_000,
  identity: null,
  ...change,
});

describe('sysfsRead', () => {
  async function read(directory: string, attributes: string[]): Promise<SysfsReading> {
    const [reading] = await addon.sysfsRead([{ directory, attributes }]);
    if (reading === undefined) throw new Error('no reading');
    return reading;
  }

  test('attributes, directories and errnos of a real disk', async () => {
    const reading = await read(`/sys/block/${loop.name}`, [
      'dev',
      'size',
      'queue/logical_block_size',
      'nothing',
      'holders/',
      'queue',
      '/etc/passwd',
    ]);
    expect(reading).toMatchObject({ errno: null, realpath: `/sys/devices/virtual/block/${loop.name}` });
    expect(reading.values).toEqual([
      Buffer.from(`${loop.devt}\n`),
      Buffer.from('2048\n'),
      Buffer.from('512\n'),
      'ENOENT',
      Buffer.alloc(0),
      'EISDIR',
      'EINVAL',
    ]);
  });

  test('answers come in the order of the requests', async () => {
    const readings = await addon.sysfsRead(
      ['/sys/block', '/nowhere', '/proc/self/status', `/sys/block/${loop.name}`].map((directory) => ({
        directory,
        attributes: [],
      })),
    );
    expect(readings.map((r) => r.errno)).toEqual([null, 'ENOENT', 'ENOTDIR', null]);
  });

  test('a directory is listed whole', async () => {
    const listing = await addon.listDirectory('/sys/block');
    expect(listing).toMatchObject({ errno: null, names: expect.arrayContaining([loop.name]) });
    expect(await addon.listDirectory('/nowhere')).toMatchObject({ errno: 'ENOENT' });
  });

  test.each<[string, unknown]>([
    ['requests must be an array', 'x'],
    ['request must be an object', [1]],
    ['request.directory must be a string', [{ attributes: [] }]],
    ['request.directory must be a path', [{ directory: '/sys\0', attributes: [] }]],
    ['request.attributes must be an array', [{ directory: '/sys' }]],
    ['attribute must be a path', [{ directory: '/sys', attributes: [''] }]],
  ])('%s', async (message, argument) => {
    await expect(Reflect.apply(addon.sysfsRead, addon, [argument])).rejects.toThrow(message);
  });
});

describe('directRead', () => {
  test('reads one block of the right device', async () => {
    expect(await addon.directRead(device())).toEqual({ errno: null, bytes: 512 });
    expect(await addon.directRead(device({ diskseq: null }))).toEqual({ errno: null, bytes: 512 });
  });

  test('reads a whole block of a disk with 4096-byte blocks, whose size is still in 512-byte sectors', async () => {
    const { name, devt, diskseq, detach } = attachLoop(1024 * 1024, 4096);
    try {
      expect(await addon.directRead({ node: `/dev/${name}`, devt, diskseq })).toEqual({ errno: null, bytes: 4096 });
      expect(await blocks.read(name)).toMatchObject({ ok: true, value: { sizeSectors: 2048 } });
    } finally {
      detach();
    }
  });

  test.each<[string, object]>([
    ['another diskseq', { diskseq: 999_999_999 }],
    ['another number', { devt: '7:4095' }],
  ])('ESTALE for %s', async (_, change) => {
    expect(await addon.directRead(device(change))).toEqual({ errno: 'ESTALE', step: 'identity' });
  });

  test('a node that does not exist', async () => {
    expect(await addon.directRead(device({ node: '/dev/nothing' }))).toEqual({ errno: 'ENOENT', step: 'open' });
  });

  test.each<[string, object]>([
    ['device.devt must be major:minor', { devt: '8' }],
    ['device.devt must be major:minor', { devt: '8:0 ' }],
    ['device.devt must be major:minor', { devt: '4096:0' }],
    ['device.diskseq must be a whole number', { diskseq: 1.5 }],
    ['device.diskseq must be from 0', { diskseq: -1 }],
    ['device.diskseq must be a number', { diskseq: undefined }],
    ['device.node must be a path', { node: '' }],
  ])('%s: %j', async (message, change) => {
    await expect(Reflect.apply(addon.directRead, addon, [device(change)])).rejects.toThrow(message);
  });
});

describe('scsiCommand', () => {
  const command = { command: '000000000000', direction: 'none' as const, timeoutMs: 1000 };

  test.each([
    command,
    { ...command, direction: 'in' as const, length: 65_536 },
    { ...command, direction: 'out' as const, data: 'Ff00' },
  ])('a device that is no SCSI device refuses it: %j', async (one) => {
    expect(await addon.scsiCommand(device(), one)).toMatchObject({
      errno: expect.stringMatching(/^(EINVAL|ENOTTY)$/),
      step: 'SG_IO',
    });
  });

  test('is not sent to another device', async () => {
    expect(await addon.scsiCommand(device({ diskseq: 999_999_999 }), command)).toEqual({
      errno: 'ESTALE',
      step: 'identity',
    });
  });

  test.each<[string, object]>([
    ['command.command must be a string', { command: Buffer.alloc(6) }],
    ['command.command must be hex text', { command: '00000000000x' }],
    ['command.command must have 6, 10, 12 or 16 bytes', { command: '00' }],
    ['command.direction must be a string', { direction: undefined }],
    ['command.direction must be "none", "in" or "out"', { direction: 'both' }],
    ['command.length must be a number if', { direction: 'in' }],
    ['command.length must be a number', { direction: 'in', length: '255' }],
    ['command.length must be from 1', { direction: 'in', length: 0 }],
    ['command.length must be from 1', { direction: 'in', length: 65_537 }],
    ['command.data must be hex text if', { direction: 'out' }],
    ['command.data must be a string', { direction: 'out', data: Buffer.alloc(24) }],
    ['command.data must be hex text', { direction: 'out', data: '0' }],
    ['command.data must have from 1', { direction: 'out', data: '' }],
    ['command.data must have from 1', { direction: 'out', data: '00'.repeat(65_537) }],
    ['command.data is for command.direction "out"', { data: '00' }],
    ['command.timeoutMs must be from 1', { timeoutMs: 0 }],
    ['command.timeoutMs must be a whole number', { timeoutMs: Number.NaN }],
  ])('%s: %j', async (message, change) => {
    await expect(Reflect.apply(addon.scsiCommand, addon, [device(), { ...command, ...change }])).rejects.toThrow(
      message,
    );
  });
});

describe('rescanDisk', () => {
  const disk = (change: object = {}) => ({
    directory: `/sys/block/${loop.name}`,
    devt: loop.devt,
    diskseq: loop.diskseq,
    ...change,
  });

  test('a disk that is no SCSI disk has no file to write to', async () => {
    expect(await addon.rescanDisk(disk())).toEqual({ errno: 'ENOENT', step: 'device/rescan' });
  });

  test('a disk that does not exist', async () => {
    expect(await addon.rescanDisk(disk({ directory: '/sys/block/nothing' }))).toEqual({
      errno: 'ENOENT',
      step: 'open',
    });
  });

  test.each<[string, object]>([
    ['disk.directory must be a path', { directory: '' }],
    ['disk.devt must be a string', { devt: 8 }],
    ['disk.diskseq must be from 0', { diskseq: -1 }],
    ['disk.diskseq must be a number', { diskseq: undefined }],
  ])('%s: %j', async (message, change) => {
    await expect(Reflect.apply(addon.rescanDisk, addon, [disk(change)])).rejects.toThrow(message);
  });
});

describe('the port for disks', () => {
  test('a disk that is no SCSI disk gives no identity and is not rescanned', async () => {
    const address = { name: loop.name, devt: loop.devt, diskseq: loop.diskseq };
    expect(await askDisk({ ...address, question: 'identity', timeoutMs: 1_000 }, blocks.scsi)).toMatchObject({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'INQUIRY', detail: 'SG_IO' },
    });
    expect(await blocks.rescan(address)).toMatchObject({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'rescan', errno: 'ENOENT' },
    });
  });

  test('no command reaches a disk that is no SCSI disk', async () => {
    const address = { name: loop.name, devt: loop.devt, diskseq: loop.diskseq };
    const question = { ...address, command: '000000000000', direction: 'none' as const, timeoutMs: 1_000 };
    expect(await blocks.scsi(question)).toMatchObject({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'SG_IO', device: loop.name, detail: 'SG_IO' },
    });
    await expect(blocks.scsi({ ...question, command: '00' })).rejects.toThrow('command.command must have');
  });

  test('facts of a loop device', async () => {
    expect(await blocks.read(loop.name)).toMatchObject({
      ok: true,
      value: {
        name: loop.name,
        devt: loop.devt,
        diskseq: loop.diskseq,
        devpath: `/devices/virtual/block/${loop.name}`,
        sizeSectors: 2048,
        readOnly: false,
        hidden: false,
        bus: 'other',
        hcil: null,
        holders: [],
        transport: { protocol: 'undef' },
      },
    });
  });

  test('a name of no disk', async () => {
    expect(await blocks.read('sdnone')).toMatchObject({
      ok: false,
      failure: { code: 'KERNEL_ERROR', errno: 'ENOENT' },
    });
  });

  test('a check by a read', async () => {
    expect(await blocks.check(request())).toMatchObject({ state: 'up', sizeSectors: 2048, sysfsState: null });
  });

  test.each<[string, object]>([
    ['another diskseq', { diskseq: 999_999_999 }],
    ['another number', { devt: '7:4095' }],
    ['another name', { name: 'sdnone' }],
  ])('a check of a device that does not exist any more: %s', async (_, change) => {
    expect(await blocks.check(request(change))).toMatchObject({ state: 'removed', sizeSectors: null });
  });

  test('a device number that the kernel gave to another disk', async () => {
    const first = attachLoop(4096);
    const { name, devt, diskseq } = first;
    first.detach();
    const second = attachLoop(4096);
    expect(second.name).toBe(name);
    expect(await blocks.check(request({ name, devt, diskseq }))).toMatchObject({ state: 'removed' });
    expect(await blocks.check(request({ name, devt, diskseq: second.diskseq }))).toMatchObject({ state: 'up' });
    second.detach();
  });

  test('a snapshot has no loop devices, and fails if device-mapper is missing', async () => {
    const { dm, blocks: disks } = await takeSnapshot(addon, new Set());
    if (!disks.ok) throw new Error('no disks');
    expect(disks.value.map((disk) => disk.name)).not.toContain(loop.name);
    expect(disks.value.filter((disk) => !disk.reading.ok)).toEqual([]);
    // The step that failed. Without the module there is no control node to open.
    if (!dm.ok)
      expect(dm.failure).toMatchObject({ code: 'KERNEL_ERROR', operation: 'open', device: '/dev/mapper/control' });
  });
});
