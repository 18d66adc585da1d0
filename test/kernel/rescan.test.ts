import { rescan, type RescanAddon } from '../../src/kernel/rescan';

type Answer = Awaited<ReturnType<RescanAddon['rescanDisk']>>;

const DISK = { name: 'sda', devt: '8:0', diskseq: 2 };

function addonOf(answer: Answer = { errno: null }): { addon: RescanAddon; sent: unknown[] } {
  const sent: unknown[] = [];
  return { sent, addon: { rescanDisk: (disk) => (sent.push(disk), Promise.resolve(answer)) } };
}

describe('rescan', () => {
  test('names the directory and the disk that must be there', async () => {
    const { addon, sent } = addonOf();
    await expect(rescan(addon, DISK)).resolves.toEqual({ ok: true, value: null });
    expect(sent).toEqual([{ directory: '/sys/block/sda', devt: '8:0', diskseq: 2 }]);
  });

  test('says what failed', async () => {
    const { addon } = addonOf({ errno: 'ESTALE', step: 'identity' });
    await expect(rescan(addon, DISK)).resolves.toMatchObject({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'rescan', errno: 'ESTALE', detail: 'identity' },
    });
  });

  test('touches nothing by a name that leads elsewhere', async () => {
    const { addon, sent } = addonOf();
    await expect(rescan(addon, { ...DISK, name: '..' })).resolves.toMatchObject({
      ok: false,
      failure: { code: 'REFUSED' },
    });
    expect(sent).toEqual([]);
  });
});
