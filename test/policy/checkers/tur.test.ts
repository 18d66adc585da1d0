import type { Failure, Reading } from '../../../src/model/failure';
import type { ScsiAnswer, ScsiOrder } from '../../../src/model/scsi';
import { checkByTur, judgeTur } from '../../../src/policy/checkers/tur';
import { converseAtOnce } from '../../../src/policy/scsi/exchange';

const fixedSense = (key: number, asc: number, ascq: number): Buffer => {
  const sense = Buffer.alloc(18);
  sense[0] = 0x70;
  sense[2] = key;
  sense[7] = 10;
  sense[12] = asc;
  sense[13] = ascq;
  return sense;
};
const descriptorSense = (key: number, asc: number, ascq: number): Buffer =>
  Buffer.from([0x72, key, asc, ascq, 0, 0, 0, 0]);

type Answered = Reading<ScsiAnswer>;
const answer = ({ sense, ...change }: Partial<Omit<ScsiAnswer, 'sense'>> & { sense?: Buffer }): Answered => ({
  ok: true,
  value: { status: 0, hostStatus: 0, driverStatus: 0, sense: sense?.toString('hex') ?? '', data: '', ...change },
});
const checkCondition = (sense: Buffer): Answered => answer({ status: 0x02, driverStatus: 0x08, sense });
const failure = (change: Partial<Failure>): Answered => ({
  ok: false,
  failure: { code: 'KERNEL_ERROR', operation: 'SG_IO', device: 'sda', errno: null, ...change },
});

/** Has the checker ask a disk that gives these answers. The last answer comes again and again. */
const check = (...answers: Answered[]): { sent: ScsiOrder[]; state: string; message: string } => {
  const sent: ScsiOrder[] = [];
  const verdict = converseAtOnce(checkByTur(), (order) => {
    sent.push(order);
    return answers[Math.min(sent.length, answers.length) - 1] ?? answer({});
  });
  return { sent, ...verdict };
};

test('the command: six zeroes, without data', () => {
  expect(check(answer({})).sent).toEqual([{ command: '000000000000', direction: 'none' }]);
});

describe('retries', () => {
  const ATTENTION = checkCondition(fixedSense(6, 0x29, 0x00));

  test('four, then the path is down, with what it answered', () => {
    const { sent, ...verdict } = check(ATTENTION);
    expect(sent).toHaveLength(5);
    expect(verdict).toEqual({ state: 'down', message: 'tur checker reports path is down (sense 6/29/00)' });
  });

  test('none after an answer that says something', () => {
    const { sent, state } = check(ATTENTION, ATTENTION, checkCondition(fixedSense(2, 0x04, 0x0b)));
    expect([sent.length, state]).toEqual([3, 'ghost']);
  });
});

describe('judgeTur', () => {
  test.each<[string, Answered, string, RegExp]>([
    ['good status', answer({}), 'up', /^tur checker reports path is up$/],
    ['good status with sense of a recovered error', answer({ sense: fixedSense(1, 0x17, 1) }), 'up', /up$/],
    ['reservation conflict', answer({ status: 0x18 }), 'up', /up$/],
    ['reservation conflict with a host status', answer({ status: 0x18, hostStatus: 3 }), 'up', /up$/],
    ['standby', checkCondition(fixedSense(2, 0x04, 0x0b)), 'ghost', /^tur checker reports path is ghost$/],
    ['standby in descriptor format', checkCondition(descriptorSense(2, 0x04, 0x0b)), 'ghost', /ghost$/],
    [
      'standby from a kernel without driver status (5.14 on)',
      answer({ status: 2, sense: fixedSense(2, 4, 0xb) }),
      'ghost',
      /ghost$/,
    ],
    [
      'in transition',
      checkCondition(fixedSense(2, 0x04, 0x0a)),
      'transitioning',
      /^tur checker reports path is transitioning$/,
    ],
    [
      'in transition in descriptor format',
      checkCondition(descriptorSense(2, 0x04, 0x0a)),
      'transitioning',
      /transitioning$/,
    ],
    ['unavailable', checkCondition(fixedSense(2, 0x04, 0x0c)), 'down', /down \(sense 2\/04\/0C\)$/],
    ['becoming ready', checkCondition(fixedSense(2, 0x04, 0x01)), 'down', /2\/04\/01/],
    ['no medium', checkCondition(fixedSense(2, 0x3a, 0x00)), 'down', /2\/3A\/00/],
    ['LUN not supported', checkCondition(fixedSense(5, 0x25, 0x00)), 'down', /disconnected/],
    ['LUN not supported with another qualifier', checkCondition(fixedSense(5, 0x25, 0x01)), 'down', /sense 5\/25\/01/],
    ['the standby code under another key', checkCondition(fixedSense(5, 0x04, 0x0b)), 'down', /5\/04\/0B/],
    ['a hardware error', checkCondition(fixedSense(4, 0x44, 0x00)), 'down', /4\/44\/00/],
    ['a recovered error that counts as an error', checkCondition(fixedSense(1, 0x17, 0x01)), 'down', /1\/17\/01/],
    ['check condition without sense', checkCondition(Buffer.alloc(0)), 'down', /status 0x2/],
    ['check condition with sense of no known format', checkCondition(Buffer.from([0x7f, 0, 2])), 'down', /status 0x2/],
    ['busy', answer({ status: 0x08 }), 'down', /status 0x8/],
    ['task set full', answer({ status: 0x28 }), 'down', /status 0x28/],
    ['no connection', answer({ hostStatus: 0x01 }), 'down', /host status 0x1/],
    ['bad target', answer({ hostStatus: 0x04 }), 'down', /host status 0x4/],
    ['aborted', answer({ hostStatus: 0x05 }), 'down', /host status 0x5/],
    ['transport failed fast', answer({ hostStatus: 0x0f }), 'down', /host status 0xf/],
    ['a driver error alone', answer({ driverStatus: 0x06 }), 'down', /down/],
    [
      'a device that knows no SCSI',
      failure({ errno: 'ENOTTY', detail: 'SG_IO' }),
      'down',
      /^tur checker doesn't support this device$/,
    ],
    ['a failed ioctl', failure({ errno: 'EIO', detail: 'SG_IO' }), 'down', /SG_IO: EIO/],
    ['an ioctl without memory', failure({ errno: 'ENOMEM', detail: 'SG_IO' }), 'transitioning', /SG_IO: ENOMEM/],
    ['no file descriptors left', failure({ errno: 'EMFILE', detail: 'open' }), 'transitioning', /open: EMFILE/],
    ['an errno without a step', failure({ errno: 'EIO' }), 'down', /down \(EIO\)$/],
    [
      'a command that could not be begun',
      failure({ code: 'REFUSED', detail: 'the work pool has no thread: EAGAIN' }),
      'transitioning',
      /^not checked: the work pool has no thread: EAGAIN$/,
    ],
    ['a failure without words', failure({ code: 'TIMED_OUT' }), 'transitioning', /^not checked: TIMED_OUT$/],
    ['a node that cannot be opened', failure({ errno: 'ENXIO', detail: 'open' }), 'down', /open: ENXIO/],
  ])('%s', (_, given, state, message) => {
    expect(judgeTur(given)).toEqual({ kind: 'done', state, message: expect.stringMatching(message) });
  });

  test.each([0x02, 0x03, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x10, 0x14])(
    'host status 0x%x is tried again',
    (hostStatus) => {
      expect(judgeTur(answer({ hostStatus }))).toMatchObject({ kind: 'retry' });
      expect(check(answer({ hostStatus }))).toMatchObject({
        state: 'down',
        message: expect.stringContaining(hostStatus.toString(16)),
      });
    },
  );

  test.each<[string, Buffer]>([
    ['power on', fixedSense(6, 0x29, 0x00)],
    ['asymmetric access state changed', fixedSense(6, 0x2a, 0x06)],
    ['the standby code as a unit attention', descriptorSense(6, 0x04, 0x0b)],
  ])('unit attention is tried again: %s', (_, sense) => {
    expect(judgeTur(checkCondition(sense))).toMatchObject({ kind: 'retry' });
  });

  test('a host status that asks for a retry counts before sense data', () => {
    expect(judgeTur(answer({ status: 2, hostStatus: 0x0b, sense: fixedSense(2, 4, 0xb) }))).toMatchObject({
      kind: 'retry',
    });
  });
});
