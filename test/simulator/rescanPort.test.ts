import type { Reading } from '../../src/model/failure';
import { askDisk, type DiskInquiry } from '../../src/policy/diskQuestions';
import { identityOfVpd83 } from '../../src/policy/wwid';
import { addLun, createMachine, type Machine, WWID } from './machine';

const DISK = { name: 'sda', devt: '8:0', diskseq: 2 };

const inquire = (m: Machine, more: Partial<DiskInquiry> = {}): Promise<Reading<string>> =>
  m.ask(askDisk({ ...DISK, question: 'identity', timeoutMs: 500, ...more }, m.ports.blocks.scsi));
const rescan = (m: Machine, more: object = {}): Promise<Reading<null>> =>
  m.ask(m.ports.blocks.rescan({ ...DISK, ...more }));
const kept = async (m: Machine): Promise<string> => {
  const reading = await m.ask(m.ports.blocks.read('sda'));
  if (!reading.ok) throw new Error(JSON.stringify(reading));
  return reading.value.vpd83 ?? '';
};
const attentions = (m: Machine): unknown[] =>
  m
    .events()
    .map(({ env }) => env['SDEV_UA'])
    .filter((one) => one !== undefined);

function machine(attention: string | null = null, swapped = true): Machine {
  const m = createMachine();
  addLun(m, 1, 1);
  if (swapped) m.admin.swapLun('sda', { wwid: WWID(9), sizeSectors: 16384, attention });
  return m;
}

describe('a disk that is asked who it is', () => {
  test('gives the identity in sysfs while nothing was swapped', async () => {
    const m = machine(null, false);
    expect(await inquire(m)).toEqual({ ok: true, value: await kept(m) });
  });

  test('gives the LUN that is behind the disk now, and sysfs shows the earlier one', async () => {
    const m = machine();
    const reading = await inquire(m);
    expect([reading.ok && identityOfVpd83(reading.value), identityOfVpd83(await kept(m))]).toEqual([WWID(9), WWID(1)]);
  });

  test.each<[string, (m: Machine) => void, Partial<DiskInquiry>, string]>([
    ['a disk that is gone', (m) => m.admin.removeDisk('sda'), {}, 'ENOENT'],
    ['another disk of the name', () => undefined, { diskseq: 1 }, 'ESTALE'],
    ['a path that is down', (m) => m.admin.change('sda', { answer: 'down' }), {}, 'EIO'],
    ['a path that hangs', (m) => m.admin.change('sda', { answer: 'hangs' }), {}, 'EIO'],
    ['a disk that is offline', (m) => m.admin.change('sda', { state: 'offline' }), {}, 'ENODEV'],
  ])('fails on %s', async (_, happen, more, errno) => {
    const m = machine();
    happen(m);
    expect(await inquire(m, more)).toMatchObject({ ok: false, failure: { code: 'KERNEL_ERROR', errno } });
  });

  test("gives the array's own page if there is one, and is refused as by LIO if there is none", async () => {
    const m = machine();
    expect(await inquire(m, { question: 'vendor page' })).toMatchObject({
      ok: false,
      failure: { code: 'MALFORMED', detail: 'sense 5/24/00' },
    });
    const disk = m.world.disks.get('sda');
    if (disk !== undefined) disk.vpdC0 = '00c0000122';
    expect(await inquire(m, { question: 'vendor page' })).toEqual({ ok: true, value: '00c0000122' });
  });

  test('gets no unit attention (SPC-4 5.14)', async () => {
    const m = machine('REPORTED_LUNS_DATA_HAS_CHANGED');
    m.batches.length = 0;
    await inquire(m);
    expect(attentions(m)).toEqual([]);
  });
});

describe('the unit attention of a swapped LUN', () => {
  const check = (m: Machine): Promise<unknown> =>
    m.ask(m.ports.blocks.check({ ...DISK, method: 'tur', timeoutMs: 500, identity: null }));

  test('comes once, with the next command that is answered', async () => {
    const m = machine('REPORTED_LUNS_DATA_HAS_CHANGED');
    m.admin.change('sda', { answer: 'down' });
    await check(m);
    expect(attentions(m)).toEqual([]);
    m.admin.change('sda', { answer: 'up' });
    await check(m);
    await check(m);
    await m.time.run(100);
    expect(attentions(m)).toContain('REPORTED_LUNS_DATA_HAS_CHANGED');
    expect(
      new Set(
        m
          .events()
          .filter(({ env }) => env['SDEV_UA'] !== undefined)
          .map(({ seqnum }) => seqnum),
      ).size,
    ).toBe(1);
    expect(identityOfVpd83(await kept(m))).toBe(WWID(1));
  });

  test('about changed INQUIRY data makes the kernel look by itself', async () => {
    const m = machine('INQUIRY_DATA_HAS_CHANGED');
    await check(m);
    expect(identityOfVpd83(await kept(m))).toBe(WWID(9));
  });
});

describe('rescan', () => {
  test('brings sysfs and udev up to date', async () => {
    const m = machine();
    m.batches.length = 0;
    expect(await rescan(m)).toEqual({ ok: true, value: null });
    await m.time.run(100);
    expect(identityOfVpd83(await kept(m))).toBe(WWID(9));
    expect(m.events().map(({ action, name, synthUuid }) => [action, name, synthUuid])).toContainEqual([
      'change',
      'sda',
      '0',
    ]);
    expect(m.world.udevDatabase.get('8:0')?.properties['ID_SERIAL']).toBe(WWID(9));
  });

  test('changes nothing if the LUN does not answer', async () => {
    const m = machine();
    m.admin.change('sda', { answer: 'down' });
    expect(await rescan(m)).toEqual({ ok: true, value: null });
    expect(identityOfVpd83(await kept(m))).toBe(WWID(1));
  });

  test('touches no other disk with the name', async () => {
    const m = machine();
    expect(await rescan(m, { diskseq: 1 })).toMatchObject({ ok: false, failure: { errno: 'ESTALE' } });
    expect(identityOfVpd83(await kept(m))).toBe(WWID(1));
  });
});
