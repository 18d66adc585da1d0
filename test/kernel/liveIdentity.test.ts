import { inquire, rescan, type IdentityAddon } from '../../src/kernel/liveIdentity';
import type { Inquiry } from '../../src/policy/scsi/inquiry';

type ScsiAnswer = Awaited<ReturnType<IdentityAddon['scsiCommand']>>;
type RescanAnswer = Awaited<ReturnType<IdentityAddon['rescanDisk']>>;

const DISK = { name: 'sda', devt: '8:0', diskseq: 2 };
const REQUEST: Inquiry = { ...DISK, page: 0x83, timeoutMs: 4_000 };
const NODE = { node: '/dev/sda', devt: '8:0', diskseq: 2 };

const answered = (data: Buffer): ScsiAnswer => ({
  errno: null,
  status: 0,
  hostStatus: 0,
  driverStatus: 0,
  sense: '',
  data: data.toString('hex'),
});
const page = (length: number): Buffer =>
  Buffer.concat([Buffer.of(0, 0x83, length >> 8, length & 0xff), Buffer.alloc(length, 0x11)]);

function addonOf(
  answers: Array<ScsiAnswer | Error>,
  rescanned: RescanAnswer | Error = { errno: null },
): { addon: IdentityAddon; sent: unknown[] } {
  const sent: unknown[] = [];
  const give = <T>(answer: T | Error | undefined): Promise<T> =>
    answer instanceof Error || answer === undefined
      ? Promise.reject(answer ?? new Error('one command too many'))
      : Promise.resolve(answer);
  return {
    sent,
    addon: {
      scsiCommand: (device, { command, ...more }) => {
        sent.push([device, command, more]);
        return give(answers.shift());
      },
      rescanDisk: (disk) => {
        sent.push(disk);
        return give(rescanned);
      },
    },
  };
}

describe('inquire', () => {
  test('sends INQUIRY to the very disk and gives the page as hex', async () => {
    const { addon, sent } = addonOf([answered(page(4))]);
    await expect(inquire(addon, REQUEST)).resolves.toEqual({ ok: true, value: '0083000411111111' });
    expect(sent).toEqual([[NODE, '12018300ff00', { direction: 'in', length: 255, timeoutMs: 4_000 }]]);
  });

  test('sends INQUIRY for the requested page, and accepts no other page', async () => {
    const own = Buffer.of(0, 0xc0, 0, 1, 0x22);
    const { addon, sent } = addonOf([answered(own), answered(page(4))]);
    await expect(inquire(addon, { ...REQUEST, page: 0xc0 })).resolves.toEqual({ ok: true, value: '00c0000122' });
    expect(sent).toEqual([[NODE, '1201c000ff00', { direction: 'in', length: 255, timeoutMs: 4_000 }]]);
    await expect(inquire(addon, { ...REQUEST, page: 0xc0 })).resolves.toMatchObject({
      ok: false,
      failure: { code: 'MALFORMED', detail: 'page 0x83 in its place' },
    });
  });

  test('asks a second time for a long page, and not a third time', async () => {
    const long = addonOf([answered(page(600).subarray(0, 255)), answered(page(600))]);
    await expect(inquire(long.addon, REQUEST)).resolves.toEqual({ ok: true, value: page(600).toString('hex') });
    expect(long.sent).toEqual([
      [NODE, '12018300ff00', { direction: 'in', length: 255, timeoutMs: 4_000 }],
      [NODE, '120183025c00', { direction: 'in', length: 604, timeoutMs: 4_000 }],
    ]);
    const short = addonOf([answered(page(600).subarray(0, 255)), answered(page(600).subarray(0, 255))]);
    await expect(inquire(short.addon, REQUEST)).resolves.toMatchObject({
      ok: false,
      failure: { code: 'MALFORMED', operation: 'INQUIRY', device: 'sda', detail: '255 bytes of 604' },
    });
  });

  test.each<[string, ScsiAnswer | Error, object]>([
    ['an errno', { errno: 'EIO', step: 'SG_IO' }, { code: 'KERNEL_ERROR', errno: 'EIO', detail: 'SG_IO' }],
    [
      'a refusal',
      { ...(answered(page(4)) as object), status: 2 } as ScsiAnswer,
      { code: 'MALFORMED', errno: null, detail: 'status 0x2' },
    ],
    [
      'a pool without threads',
      new Error('the pool is full'),
      { code: 'REFUSED', errno: null, detail: 'the pool is full' },
    ],
  ])('gives %s as a failure', async (_, answer, failure) => {
    await expect(inquire(addonOf([answer]).addon, REQUEST)).resolves.toMatchObject({ ok: false, failure });
  });

  test('throws for a fault of this program', async () => {
    await expect(inquire(addonOf([new TypeError('device.devt must be major:minor')]).addon, REQUEST)).rejects.toThrow(
      TypeError,
    );
  });

  test('sends nothing for a text that is no name of a disk', async () => {
    const { addon, sent } = addonOf([]);
    await expect(inquire(addon, { ...REQUEST, name: '../sda' })).resolves.toMatchObject({
      ok: false,
      failure: { code: 'REFUSED' },
    });
    expect(sent).toEqual([]);
  });
});

describe('rescan', () => {
  test('gives the addon the directory and the disk that must be there', async () => {
    const { addon, sent } = addonOf([]);
    await expect(rescan(addon, DISK)).resolves.toEqual({ ok: true, value: null });
    expect(sent).toEqual([{ directory: '/sys/block/sda', devt: '8:0', diskseq: 2 }]);
  });

  test('gives the step that failed', async () => {
    const { addon } = addonOf([], { errno: 'ESTALE', step: 'identity' });
    await expect(rescan(addon, DISK)).resolves.toMatchObject({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'rescan', errno: 'ESTALE', detail: 'identity' },
    });
  });

  test('touches nothing for a name that leads elsewhere', async () => {
    const { addon, sent } = addonOf([]);
    await expect(rescan(addon, { ...DISK, name: '..' })).resolves.toMatchObject({
      ok: false,
      failure: { code: 'REFUSED' },
    });
    expect(sent).toEqual([]);
  });
});
