import { sendScsi, type ScsiAddon } from '../../src/kernel/scsi';
import type { ScsiQuestion, ScsiTransfer } from '../../src/model/scsi';

type NativeAnswer = Awaited<ReturnType<ScsiAddon['scsiCommand']>>;

const QUESTION: ScsiQuestion = {
  name: 'sda',
  devt: '8:0',
  diskseq: 2,
  command: '000000000000',
  direction: 'none',
  timeoutMs: 4_000,
};
const ANSWER = { status: 2, hostStatus: 1, driverStatus: 8, sense: '720600', data: '00' };

function addonOf(answer: NativeAnswer | Error): { addon: ScsiAddon; sent: unknown[] } {
  const sent: unknown[] = [];
  return {
    sent,
    addon: {
      scsiCommand: (...sending) => {
        sent.push(sending);
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
  };
}

test.each<ScsiTransfer>([{ direction: 'none' }, { direction: 'in', length: 255 }, { direction: 'out', data: '00ff' }])(
  'sends the command with its data to the very disk, and gives the answer without a judgement: %j',
  async (transfer) => {
    const { addon, sent } = addonOf({ errno: null, ...ANSWER });
    await expect(sendScsi(addon, { ...QUESTION, ...transfer })).resolves.toEqual({ ok: true, value: ANSWER });
    expect(sent).toEqual([
      [
        { node: '/dev/sda', devt: '8:0', diskseq: 2 },
        { command: '000000000000', ...transfer, timeoutMs: 4_000 },
      ],
    ]);
  },
);

test.each([
  [0, 1],
  [0.5, 1],
  [2 ** 40, 2 ** 31 - 1],
])('a timeout of %d ms becomes %d ms', async (timeoutMs, taken) => {
  const { addon, sent } = addonOf({ errno: null, ...ANSWER });
  await sendScsi(addon, { ...QUESTION, timeoutMs });
  expect(sent).toMatchObject([[{}, { timeoutMs: taken }]]);
});

test.each<[string, NativeAnswer | Error, object]>([
  [
    'a failed system call',
    { errno: 'ESTALE', step: 'identity' },
    { code: 'KERNEL_ERROR', errno: 'ESTALE', detail: 'identity' },
  ],
  [
    'a pool without threads',
    new Error('the pool is full'),
    { code: 'REFUSED', errno: null, detail: 'the pool is full' },
  ],
])('%s is a failure', async (_, answer, failure) => {
  await expect(sendScsi(addonOf(answer).addon, QUESTION)).resolves.toEqual({
    ok: false,
    failure: { operation: 'SG_IO', device: 'sda', ...failure },
  });
});

test.each([new TypeError('command.data must be hex text'), new RangeError('command.length must be from 1')])(
  'a question with a wrong form is a fault of this program: %s',
  async (error) => {
    await expect(sendScsi(addonOf(error).addon, QUESTION)).rejects.toBe(error);
  },
);

test('nothing is sent for a text that is no name of a disk', async () => {
  const { addon, sent } = addonOf({ errno: null, ...ANSWER });
  await expect(sendScsi(addon, { ...QUESTION, name: '../sda' })).resolves.toMatchObject({
    ok: false,
    failure: { code: 'REFUSED', operation: 'SG_IO' },
  });
  expect(sent).toEqual([]);
});
