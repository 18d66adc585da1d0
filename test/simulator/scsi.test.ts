import type { Reading } from '../../src/model/failure';
import type { ScsiAnswer, ScsiCommand, ScsiQuestion } from '../../src/model/scsi';
import { decodeSense, describeSense } from '../../src/policy/scsi/sense';
import { identityOfVpd83 } from '../../src/policy/wwid';
import { addLun, createMachine, type Machine, WWID } from './machine';

const DISK = { name: 'sda', devt: '8:0', diskseq: 2 };
const TEST_UNIT_READY: ScsiCommand = { command: '000000000000', direction: 'none', timeoutMs: 500 };
const inquiry = (command: string, length = 255): ScsiCommand => ({ command, direction: 'in', length, timeoutMs: 500 });

function machine(): Machine {
  const m = createMachine();
  addLun(m, 1, 1);
  return m;
}
const send = (m: Machine, command: ScsiCommand, address: object = {}): Promise<Reading<ScsiAnswer>> =>
  m.ask(m.ports.blocks.scsi({ ...DISK, ...address, ...command } as ScsiQuestion));
async function answered(m: Machine, command: ScsiCommand): Promise<ScsiAnswer> {
  const reading = await send(m, command);
  if (!reading.ok) throw new Error(JSON.stringify(reading));
  return reading.value;
}
const dataOf = async (m: Machine, command: ScsiCommand): Promise<string> => (await answered(m, command)).data;
/** `status`, and the sense if there is one. */
async function outcomeOf(m: Machine, command: ScsiCommand): Promise<string> {
  const { status, hostStatus, sense, data } = await answered(m, command);
  const decoded = decodeSense(Buffer.from(sense, 'hex'));
  expect(data).toBe('');
  return `${status} ${hostStatus} ${decoded === null ? '' : describeSense(decoded)}`.trim();
}

describe('INQUIRY', () => {
  test('standard data names vendor, product and revision', async () => {
    const m = machine();
    const disk = m.world.disks.get('sda');
    const data = Buffer.from(await dataOf(m, inquiry('120000002400')), 'hex');
    expect(data).toHaveLength(36);
    expect([data[0], data[4]]).toEqual([0, 31]);
    expect([data.toString('latin1', 8, 16), data.toString('latin1', 16, 32), data.toString('latin1', 32)]).toEqual([
      disk?.vendor.padEnd(8),
      disk?.model.padEnd(16),
      disk?.revision.padEnd(4),
    ]);
    expect((data[5] ?? 0) >> 4).toBe(disk?.accessState === null ? 0 : 1);
  });

  test('the pages are those of the page list, and equal those in sysfs', async () => {
    const m = machine();
    const disk = m.world.disks.get('sda');
    expect(await dataOf(m, inquiry('12010000ff00'))).toBe('00000003008083');
    expect(await dataOf(m, inquiry('12018000ff00'))).toBe(disk?.vpd80);
    expect(await dataOf(m, inquiry('12018300ff00'))).toBe(disk?.vpd83);
    expect(await outcomeOf(m, inquiry('1201c000ff00'))).toBe('2 0 5/24/00');
    if (disk !== undefined) disk.vpdC0 = '00c0000122';
    expect(await dataOf(m, inquiry('12010000ff00'))).toBe('00000004008083c0');
    expect(await dataOf(m, inquiry('1201c000ff00'))).toBe('00c0000122');
  });

  test('data is cut by the allocation length, and by the room for it', async () => {
    const m = machine();
    expect(await dataOf(m, inquiry('120183000400'))).toHaveLength(8);
    expect(await dataOf(m, inquiry('12018300ff00', 6))).toHaveLength(12);
  });

  test.each([
    ['a page that there is not', '1201b000ff00'],
    ['a page without EVPD', '12008300ff00'],
  ])('%s is an invalid field in the CDB', async (_, command) => {
    expect(await outcomeOf(machine(), inquiry(command))).toBe('2 0 5/24/00');
  });

  test('gives the LUN that is behind the disk now, before any unit attention', async () => {
    const m = machine();
    m.admin.swapLun('sda', { wwid: WWID(9), sizeSectors: 16384, attention: 'REPORTED_LUNS_DATA_HAS_CHANGED' });
    expect(identityOfVpd83(await dataOf(m, inquiry('12018300ff00')))).toBe(WWID(9));
    expect(await outcomeOf(m, TEST_UNIT_READY)).toBe('2 0 6/3F/0E');
  });
});

describe('TEST UNIT READY', () => {
  test.each([
    ['up', '0 0'],
    ['ghost', '2 0 2/04/0B'],
    ['transitioning', '2 0 2/04/0A'],
    ['down', '0 1'],
  ] as const)('through a path that is %s', async (answer, outcome) => {
    const m = machine();
    m.admin.change('sda', { answer });
    expect(await outcomeOf(m, TEST_UNIT_READY)).toBe(outcome);
  });

  test.each([
    ['REPORTED_LUNS_DATA_HAS_CHANGED', '3F/0E'],
    ['INQUIRY_DATA_HAS_CHANGED', '3F/03'],
    ['CAPACITY_DATA_HAS_CHANGED', '2A/09'],
    ['POWER_ON_RESET_OCCURRED', '29/00'],
  ])('the unit attention %s comes first, once, and the kernel sends an event', async (attention, code) => {
    const m = machine();
    m.admin.swapLun('sda', { wwid: WWID(9), sizeSectors: 16384, attention });
    expect(await outcomeOf(m, TEST_UNIT_READY)).toBe(`2 0 6/${code}`);
    expect(await outcomeOf(m, TEST_UNIT_READY)).toBe('0 0');
    await m.time.run(100);
    expect(m.events().map(({ env }) => env['SDEV_UA'])).toContain(attention);
  });
});

test('any other command is an illegal request', async () => {
  const out: ScsiCommand = { command: '5f000000000000001800', direction: 'out', data: '00'.repeat(24), timeoutMs: 500 };
  expect(await outcomeOf(machine(), out)).toBe('2 0 5/20/00');
  expect(await outcomeOf(machine(), inquiry('5e000000000000200000'))).toBe('2 0 5/20/00');
});

test.each<[string, (m: Machine) => void, object, string, string]>([
  ['a disk that is gone', (m) => m.admin.removeDisk('sda'), {}, 'ENOENT', 'open'],
  ['another disk of the name', () => undefined, { diskseq: 1 }, 'ESTALE', 'identity'],
  ['another number', () => undefined, { devt: '8:16' }, 'ESTALE', 'identity'],
])('nothing is sent to %s', async (_, happen, address, errno, detail) => {
  const m = machine();
  happen(m);
  expect(await send(m, TEST_UNIT_READY, address)).toEqual({
    ok: false,
    failure: { code: 'KERNEL_ERROR', operation: 'SG_IO', device: 'sda', errno, detail },
  });
});

test.each<[string, object, string]>([
  ['a disk that is offline', { state: 'offline' }, 'ENODEV'],
  ['a path that hangs', { answer: 'hangs' }, 'EIO'],
])('%s gives no answer', async (_, change, errno) => {
  const m = machine();
  m.admin.change('sda', change);
  expect(await send(m, TEST_UNIT_READY)).toMatchObject({ ok: false, failure: { operation: 'SG_IO', errno } });
});

test.each([
  ['inquiry', inquiry('12018300ff00'), TEST_UNIT_READY],
  ['check', TEST_UNIT_READY, inquiry('12018300ff00')],
] as const)('a fault of %s hits its own commands', async (operation, hit, spared) => {
  const m = machine();
  const outcome = { kind: 'errno' as const, errno: 'ENOMEM' };
  m.faults.add({ operations: [operation], devices: ['sda'], outcome, times: null, probability: 1 });
  expect(await send(m, hit)).toMatchObject({ ok: false, failure: { operation: 'SG_IO', errno: 'ENOMEM' } });
  expect(await send(m, spared)).toMatchObject({ ok: true });
});

test.each<[ErrorConstructor, object]>([
  [TypeError, { command: '00000000000x' }],
  [RangeError, { command: '00' }],
  [RangeError, { direction: 'in', length: 0 }],
  [RangeError, { direction: 'in', length: 65_537 }],
  [RangeError, { direction: 'in', length: 1.5 }],
  [TypeError, { direction: 'out', data: '0' }],
  [RangeError, { direction: 'out', data: '' }],
  [RangeError, { direction: 'out', data: '00'.repeat(65_537) }],
])('a question that the addon refuses is refused here, too, with a %p: %j', async (error, change) => {
  await expect(send(machine(), { ...TEST_UNIT_READY, ...change })).rejects.toThrow(error);
});
