import { createChecker } from '../../src/kernel/checkPath';
import type { CheckAddon } from '../../src/kernel/checkPath';
import type { CheckRequest } from '../../src/kernel/ports';
import { addDisk, fakeSysfs } from './fakeSysfs';
import type { FakeDirectory, FakeSysfs } from './fakeSysfs';

type ScsiAnswer = Awaited<ReturnType<CheckAddon['scsiCommand']>>;
type Answered = Extract<ScsiAnswer, { errno: null }>;
type ReadAnswer = Awaited<ReturnType<CheckAddon['directRead']>>;

const GOOD: Answered = {
  errno: null,
  status: 0,
  hostStatus: 0,
  driverStatus: 0,
  sense: '',
  data: '',
};
const withSense = (key: number, asc: number, ascq: number): ScsiAnswer => ({
  ...GOOD,
  status: 2,
  driverStatus: 8,
  sense: Buffer.from([0x72, key, asc, ascq, 0, 0, 0, 0]).toString('hex'),
});
const UNIT_ATTENTION = withSense(6, 0x29, 0);
const READ: ReadAnswer = { errno: null, bytes: 512 };

interface Sent {
  node: string;
  devt: string;
  diskseq: number | null;
  timeoutMs?: number;
  cdb?: string;
}

class Host {
  readonly sysfs: FakeSysfs = fakeSysfs();
  readonly sent: Sent[] = [];
  tur: () => Promise<ScsiAnswer> = async () => GOOD;
  read: () => Promise<ReadAnswer> = async () => READ;
  inquiry: () => Promise<ScsiAnswer> = async () => GOOD;
  /** The commands that were sent right behind another one. */
  readonly followed: string[] = [];
  private follow(command: string): Promise<ScsiAnswer> {
    this.followed.push(command);
    return this.inquiry();
  }
  now = 0;
  readonly addon: CheckAddon = {
    sysfsRead: (requests) => this.sysfs.sysfsRead(requests),
    scsiCommand: async (device, command, second) => {
      this.sent.push({ ...device, timeoutMs: command.timeoutMs, cdb: command.command });
      if (command.command.startsWith('12')) return this.inquiry();
      const answer = await this.tur();
      const follows = second !== undefined && answer.errno === null && answer.status === 0 && answer.hostStatus === 0;
      return follows ? { ...answer, second: await this.follow(second.command) } : answer;
    },
    directRead: async (device, second) => {
      this.sent.push(device);
      const answer = await this.read();
      return second !== undefined && answer.errno === null
        ? { ...answer, second: await this.follow(second.command) }
        : answer;
    },
  };
  readonly check = createChecker({ addon: this.addon, now: () => this.now });

  constructor(attributes: FakeDirectory = {}, name = 'sda', devpath?: string) {
    addDisk(this.sysfs, name, attributes, devpath);
  }

  answers(...answers: ScsiAnswer[]): this {
    this.tur = async () => answers.shift() ?? GOOD;
    return this;
  }
}

const request: CheckRequest = { name: 'sda', devt: '8:0', diskseq: 2, method: 'tur', timeoutMs: 5000, identity: null };

test('a path that answers is up, with the present state of sysfs', async () => {
  const host = new Host({ 'device/access_state': 'standby\n', 'device/preferred_path': '1\n' });
  expect(await host.check(request)).toEqual({
    state: 'up',
    message: 'tur checker reports path is up',
    sysfsState: 'running',
    accessState: 'standby',
    preferredPath: true,
    sizeSectors: 16384,
    identity: null,
  });
  expect(host.sent).toEqual([{ node: '/dev/sda', devt: '8:0', diskseq: 2, timeoutMs: 5000, cdb: '000000000000' }]);
});

test('the read method sends a read', async () => {
  const host = new Host();
  expect(await host.check({ ...request, method: 'directio' })).toMatchObject({
    state: 'up',
    message: 'directio checker reports path is up',
  });
  expect(host.sent).toEqual([{ node: '/dev/sda', devt: '8:0', diskseq: 2 }]);
});

test('a name with an exclamation mark has its node in a directory', async () => {
  const host = new Host({}, 'cciss!c0d0');
  await host.check({ ...request, name: 'cciss!c0d0', method: 'directio' });
  expect(host.sent[0]?.node).toBe('/dev/cciss/c0d0');
});

describe('sysfs decides before any command is sent', () => {
  test.each<[string, FakeDirectory, string, string]>([
    ['offline', { 'device/state': 'offline\n' }, 'down', 'path offline'],
    ['transport-offline', { 'device/state': 'transport-offline\n' }, 'down', 'path is transport-offline in sysfs'],
    ['blocked', { 'device/state': 'blocked\n' }, 'transitioning', 'path is blocked in sysfs'],
    ['quiesced', { 'device/state': 'quiesce\n' }, 'transitioning', 'path is quiesce in sysfs'],
    ['without a SCSI device', { 'device/state': '!ENOENT' }, 'removed', 'path removed'],
    ['of another number', { dev: '8:16\n' }, 'removed', 'path removed'],
    ['of another diskseq', { diskseq: '3\n' }, 'removed', 'path removed'],
    ['without a number', { dev: '!ENOENT' }, 'removed', 'path removed'],
  ])('%s', async (_, attributes, state, message) => {
    const host = new Host(attributes);
    expect(await host.check(request)).toMatchObject({ state, message });
    expect(host.sent).toEqual([]);
  });

  test('no disk of that name', async () => {
    const host = new Host();
    expect(await host.check({ ...request, name: 'sdb' })).toMatchObject({
      state: 'removed',
      sysfsState: null,
      sizeSectors: null,
    });
    expect(host.sent).toEqual([]);
  });

  test('attributes of another device are not reported for this disk', async () => {
    const host = new Host({ diskseq: '3\n', size: '99\n' });
    expect(await host.check(request)).toMatchObject({ state: 'removed', sizeSectors: null, sysfsState: null });
  });

  test('an NVMe namespace by the state of its controller', async () => {
    const host = new Host(
      { 'device/state': 'connecting\n' },
      'nvme0n1',
      '/devices/pci0000:00/0000:00:05.0/nvme/nvme0/nvme0n1',
    );
    expect(await host.check({ ...request, name: 'nvme0n1', method: 'directio' })).toMatchObject({
      state: 'down',
      sysfsState: 'connecting',
    });
  });

  test('a disk that is not SCSI has no state', async () => {
    const host = new Host({ 'device/state': 'offline\n' }, 'loop0', '/devices/virtual/block/loop0');
    expect(await host.check({ ...request, name: 'loop0', method: 'directio' })).toMatchObject({
      state: 'up',
      sysfsState: null,
    });
  });
});

describe('a failed reading of sysfs is no answer: the path is asked', () => {
  test.each<[string, FakeDirectory]>([
    ['directory', { '.': 'ENOMEM' }],
    ['number', { dev: '!EIO' }],
    ['state', { 'device/state': '!ENOMEM' }],
    ['diskseq', { diskseq: 'x\n' }],
    ['access state', { 'device/access_state': '!ENOMEM' }],
    ['size', { size: 'x\n' }],
  ])('%s', async (_, attributes) => {
    expect(await new Host(attributes).check(request)).toMatchObject({ state: 'up' });
  });

  test('there is no thread for the reading', async () => {
    const host = new Host();
    host.sysfs.sysfsRead = () => Promise.reject(new Error('no thread'));
    expect(await host.check(request)).toMatchObject({ state: 'up', sysfsState: null });
  });

  test('a kernel without diskseq goes by the number', async () => {
    const host = new Host({ diskseq: '!ENOENT' });
    expect(await host.check({ ...request, diskseq: null })).toMatchObject({ state: 'up' });
  });
});

describe('TEST UNIT READY is sent again', () => {
  test('four times at most', async () => {
    const host = new Host().answers(...Array<ScsiAnswer>(9).fill(UNIT_ATTENTION));
    expect(await host.check(request)).toMatchObject({ state: 'down', message: expect.stringContaining('6/29/00') });
    expect(host.sent).toHaveLength(5);
  });

  test('until it is answered', async () => {
    const host = new Host().answers(
      UNIT_ATTENTION,
      { ...GOOD, hostStatus: 0x0b },
      UNIT_ATTENTION,
      UNIT_ATTENTION,
      withSense(2, 4, 0xb),
    );
    expect(await host.check(request)).toMatchObject({ state: 'ghost' });
    expect(host.sent).toHaveLength(5);
  });

  test('not after the caller has stopped waiting', async () => {
    const host = new Host();
    let answer: (value: ScsiAnswer) => void = () => undefined;
    host.tur = () => new Promise((resolve) => (answer = resolve));
    expect(await host.check({ ...request, timeoutMs: 5 })).toMatchObject({ state: 'timeout' });
    answer(UNIT_ATTENTION);
    await new Promise(setImmediate);
    expect(host.sent).toHaveLength(1);
  });
});

test('up with size 0 is ghost', async () => {
  expect(await new Host({ size: '0\n' }).check(request)).toMatchObject({ state: 'ghost', sizeSectors: 0 });
});

describe('a node that does not lead to the device', () => {
  test.each(['ESTALE', 'ENOENT', 'ENXIO', 'ENODEV'])('%s is removed if sysfs agrees', async (errno) => {
    const host = new Host();
    host.tur = async () => {
      addDisk(host.sysfs, 'sda', { diskseq: '3\n' });
      return { errno, step: 'open' };
    };
    expect(await host.check(request)).toMatchObject({ state: 'removed' });
  });

  test.each(['ESTALE', 'ENOENT', 'ENXIO', 'ENODEV'])('%s is down if sysfs still has the device', async (errno) => {
    const host = new Host();
    host.read = async () => ({ errno, step: 'identity' });
    expect(await host.check({ ...request, method: 'directio' })).toMatchObject({
      state: 'down',
      message: `directio checker reports path is down (identity: ${errno})`,
    });
  });

  test('an offline device refuses to be opened: sysfs says which', async () => {
    const host = new Host();
    host.tur = async () => {
      addDisk(host.sysfs, 'sda', { 'device/state': 'offline\n' });
      return { errno: 'ENXIO', step: 'open' };
    };
    expect(await host.check(request)).toMatchObject({ state: 'down', message: 'path offline', sysfsState: 'offline' });
  });
});

describe('a path that does not answer', () => {
  test.each<[CheckRequest['method']]>([['tur'], ['directio'], ['readsector0']])(
    '%s: times out, and no second check is sent meanwhile',
    async (method) => {
      const host = new Host();
      const answers: Array<() => void> = [];
      host.tur = () => new Promise((resolve) => answers.push(() => resolve(GOOD)));
      host.read = () => new Promise((resolve) => answers.push(() => resolve(READ)));
      const soon = { ...request, method, timeoutMs: 5 };
      expect(await host.check(soon)).toMatchObject({
        state: 'timeout',
        message: `${method} checker timed out`,
        sysfsState: 'running',
      });
      host.now = 12_000;
      expect(await host.check({ ...soon, timeoutMs: 1e6 })).toMatchObject({
        state: 'timeout',
        message: `${method} checker timed out (not answered for 12 s)`,
      });
      expect(host.sent).toHaveLength(1);

      answers.forEach((answer) => answer());
      await new Promise(setImmediate);
      host.tur = async () => GOOD;
      host.read = async () => READ;
      expect(await host.check(soon)).toMatchObject({ state: 'up' });
      expect(host.sent).toHaveLength(2);
    },
  );

  test('does not delay another device, nor its successor', async () => {
    const host = new Host();
    const hanging = new Promise<ReadAnswer>(() => undefined);
    host.read = () => hanging;
    await host.check({ ...request, method: 'directio', timeoutMs: 5 });
    addDisk(host.sysfs, 'sda', { diskseq: '3\n' });
    host.read = async () => READ;
    expect(await host.check({ ...request, diskseq: 3, method: 'directio' })).toMatchObject({ state: 'up' });
  });

  test('is still noticed when its disk is removed', async () => {
    const host = new Host();
    const hanging = new Promise<ScsiAnswer>(() => undefined);
    host.tur = () => hanging;
    await host.check({ ...request, timeoutMs: 5 });
    host.sysfs.links.clear();
    expect(await host.check(request)).toMatchObject({ state: 'removed' });
  });
});

test('a check that could not begin keeps the path as it is', async () => {
  const host = new Host();
  host.tur = () => Promise.reject(new Error('the work pool has no thread: EAGAIN'));
  expect(await host.check(request)).toMatchObject({
    state: 'transitioning',
    message: expect.stringContaining('EAGAIN'),
  });
});

test('a timeout longer than the longest timer does not become a short one', async () => {
  expect(await new Host().check({ ...request, timeoutMs: 2 ** 40 })).toMatchObject({ state: 'up' });
});

test('a name that no disk has is never opened', async () => {
  const host = new Host();
  expect(await host.check({ ...request, name: '../etc/passwd' })).toMatchObject({ state: 'transitioning' });
  expect(host.sysfs.reads).toEqual([]);
  expect(host.sent).toEqual([]);
});

describe('the identity of the LUN, asked with the check', () => {
  const PAGE = '0083000c' + '01030008' + '5000000000000001';
  const OTHER = '0083000c' + '01030008' + '5000000000000002';
  const identity = { page: 0x83, hex: PAGE } as const;
  const page = (hex: string): ScsiAnswer => ({ ...GOOD, data: hex });
  const INQUIRY = '12018300ff00';

  test.each(['tur', 'directio', 'readsector0'] as const)(
    '%s: INQUIRY goes right behind the command, on the same open node, and the bytes are compared',
    async (method) => {
      const host = new Host();
      host.inquiry = async () => page(`${PAGE}0000`);
      expect(await host.check({ ...request, method, identity })).toMatchObject({
        state: 'up',
        identity: { kind: 'same' },
      });
      expect(host.sent).toHaveLength(1);
      expect(host.followed).toEqual([INQUIRY]);
    },
  );

  test('hp_sw asks behind its TEST UNIT READY', async () => {
    const host = new Host();
    const pages = ['0080000161', PAGE];
    host.inquiry = async () => page(pages.shift() ?? '');
    expect(await host.check({ ...request, method: 'hp_sw', identity })).toMatchObject({ identity: { kind: 'same' } });
    expect(host.followed).toEqual([INQUIRY]);
  });

  test('other bytes come with the outcome, for the engine to judge', async () => {
    const host = new Host();
    host.inquiry = async () => page(OTHER);
    expect(await host.check({ ...request, identity })).toMatchObject({
      state: 'up',
      identity: { kind: 'other-page', page: OTHER },
    });
  });

  test('a standby port, to whose TEST UNIT READY nothing is added, is asked apart', async () => {
    const host = new Host().answers(withSense(2, 4, 0x0b));
    host.inquiry = async () => page(PAGE);
    expect(await host.check({ ...request, identity })).toMatchObject({ state: 'ghost', identity: { kind: 'same' } });
    expect(host.sent.map(({ cdb }) => cdb)).toEqual(['000000000000', INQUIRY]);
  });

  test('a path that does not work is not asked, nor one of which sysfs says enough', async () => {
    const down = new Host().answers({ ...GOOD, hostStatus: 1 });
    expect(await down.check({ ...request, identity })).toMatchObject({ state: 'down', identity: null });
    const offline = new Host({ 'device/state': 'offline\n' });
    expect(await offline.check({ ...request, identity })).toMatchObject({ state: 'down', identity: null });
    expect([...down.followed, ...offline.sent]).toEqual([]);
  });

  test('a refused INQUIRY does not change the state', async () => {
    const host = new Host();
    host.inquiry = async () => withSense(5, 0x24, 0);
    expect(await host.check({ ...request, identity })).toMatchObject({
      state: 'up',
      identity: { kind: 'no-answer', failure: { code: 'MALFORMED', detail: 'sense 5/24/00' } },
    });
  });

  test('a target that answers for a number without a LUN: the path is down, since its writes would be lost', async () => {
    const host = new Host();
    host.inquiry = async () => page(`3f${OTHER.slice(2)}`);
    expect(await host.check({ ...request, identity })).toMatchObject({
      state: 'down',
      message: 'tur checker reports path is down (peripheral qualifier 1: no logical unit)',
    });
  });

  test('the checker that sends nothing asks all the same, and stays up if no answer comes', async () => {
    const host = new Host();
    host.inquiry = async () => page(OTHER);
    const none = { ...request, method: 'none' as const, timeoutMs: 5 };
    expect(await host.check({ ...none, identity })).toMatchObject({ state: 'up', identity: { kind: 'other-page' } });
    host.inquiry = () => new Promise(() => undefined);
    expect(await host.check({ ...none, identity })).toMatchObject({
      state: 'up',
      identity: { kind: 'no-answer', failure: { code: 'TIMED_OUT' } },
    });
  });
});
