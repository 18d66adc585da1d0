import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWaitTimers, type WaitTimers } from '../../src/kernel/waitTimers';

const DISK = { devt: '8:0', diskseq: 5 };
const START = 1_700_000_000_000;
let root: string;
let directory: string;
let now: number;
let timers: WaitTimers;
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'mpathd-timers-'));
  directory = join(root, 'multipath', 'find_multipaths');
  now = START;
  timers = createWaitTimers(directory, () => now, 0xabc);
});
afterEach(() => fs.rm(root, { recursive: true }));

const value = (wait: object): object => ({ ok: true, value: wait });
const NONE = value({ state: 'none' });
const OVER = value({ state: 'over' });
const left = async (wait: ReturnType<WaitTimers['look']>): Promise<number> => {
  const reading = await wait;
  return reading.ok && reading.value.state === 'waiting' ? Math.round(reading.value.remainingUs / 1000) : -1;
};

test('a look does not begin a wait', async () => {
  expect(await timers.look(DISK)).toEqual(NONE);
  expect(await fs.readdir(root)).toEqual([]);
});

test('a wait ends after its time, and is over from then on', async () => {
  expect(await left(timers.begin(DISK, 10))).toBe(10_000);
  now += 4_000;
  expect(await left(timers.begin(DISK, 10))).toBe(6_000);
  expect(await left(timers.look(DISK))).toBe(6_000);
  now += 6_001;
  expect(await timers.begin(DISK, 10)).toEqual(OVER);
  expect(await timers.look(DISK)).toEqual(OVER);
});

test.each([0.001, 1, 7, 10, 3600])('a wait of %d s runs right after its begin', async (seconds) => {
  for (let ms = 0; ms < 5; ms++) {
    now = START + ms * 333;
    await fs.rm(join(directory, '8:0'), { force: true });
    expect(await left(timers.begin(DISK, seconds))).toBeGreaterThanOrEqual(0);
  }
});

test("the time of change of the disk's file is the end of the wait, and no other file is left", async () => {
  await timers.begin(DISK, 10);
  expect(await fs.readdir(directory)).toEqual(['8:0']);
  expect(Math.round((await fs.stat(join(directory, '8:0'))).mtimeMs)).toBe(START + 10_000);
});

test('two processes that begin at once wait for the same end', async () => {
  const other = createWaitTimers(directory, () => now + 500, 0xdef);
  const [one, two] = await Promise.all([left(timers.begin(DISK, 10)), left(other.begin(DISK, 10))]);
  expect(one - two === 500 || two === 10_000).toBe(true);
  expect(await fs.readdir(directory)).toEqual(['8:0']);
});

test('another disk with the number begins a new wait', async () => {
  await timers.begin(DISK, 10);
  now += 60_000;
  const next = { devt: '8:0', diskseq: 6 };
  expect(await timers.look(next)).toEqual(NONE);
  expect(await left(timers.begin(next, 10))).toBe(10_000);
  expect(await timers.look(DISK)).toEqual(NONE);
});

test('the empty file of multipath-tools counts for any disk with the number', async () => {
  await fs.mkdir(directory, { recursive: true });
  await fs.writeFile(join(directory, '8:0'), '');
  const end = START / 1000 + 3;
  await fs.utimes(join(directory, '8:0'), end, end);
  expect(await left(timers.look(DISK))).toBe(3_000);
  expect(await left(timers.begin({ devt: '8:0', diskseq: null }, 10))).toBe(3_000);
});

test('a clock that was set back does not make a wait longer than planned', async () => {
  await timers.begin(DISK, 10);
  now -= 3_600_000;
  expect(await timers.begin(DISK, 10)).toEqual(OVER);
});

test.each<[string, (at: string) => Promise<unknown>]>([
  ['a symlink', (at) => fs.symlink('/etc/passwd', at)],
  ['a directory', (at) => fs.mkdir(at)],
])('%s in the place of the file is a failure', async (_, make) => {
  await fs.mkdir(directory, { recursive: true });
  await make(join(directory, '8:0'));
  expect(await timers.begin(DISK, 10)).toMatchObject({ ok: false, failure: { operation: 'wait timer' } });
});

test('a directory that cannot be made is a failure', async () => {
  await fs.writeFile(join(root, 'multipath'), '');
  expect(await timers.begin(DISK, 10)).toMatchObject({ ok: false, failure: { code: 'KERNEL_ERROR' } });
  expect(await timers.look(DISK)).toMatchObject({ ok: false, failure: { errno: 'ENOTDIR' } });
});
