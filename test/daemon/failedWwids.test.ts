import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFailedWwids, noteCreation, type FailedWwids } from '../../src/daemon/failedWwids';
import type { Failure, Reading } from '../../src/model/failure';

const W = '3600';
const YES = { ok: true, value: true };
const NO = { ok: true, value: false };
let root: string;
let directory: string;
let markers: FailedWwids;
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'mpathd-failed-'));
  directory = join(root, 'multipath', 'failed_wwids');
  markers = createFailedWwids(directory, 0xabc);
});
afterEach(() => fs.rm(root, { recursive: true }));

test('a marker is an empty file with the WWID as its name, and no other file is left', async () => {
  expect(await markers.isMarked(W)).toEqual(NO);
  expect(await markers.mark(W)).toEqual(YES);
  expect(await fs.readdir(directory)).toEqual([W]);
  expect((await fs.stat(join(directory, W))).size).toBe(0);
  expect((await fs.stat(join(root, 'multipath'))).mode & 0o777).toBe(0o700);
  expect(await markers.isMarked(W)).toEqual(YES);
  expect(await markers.mark(W)).toEqual(NO);
  expect(await fs.readdir(directory)).toEqual([W]);
});

test('a marker is removed once', async () => {
  await markers.mark(W);
  expect(await markers.unmark(W)).toEqual(YES);
  expect(await markers.unmark(W)).toEqual(NO);
  expect(await markers.isMarked(W)).toEqual(NO);
});

test('markers of other programs count, too', async () => {
  await fs.mkdir(directory, { recursive: true });
  await fs.writeFile(join(directory, W), '');
  expect(await markers.isMarked(W)).toEqual(YES);
});

test('a temporary file that an earlier process left does no harm', async () => {
  await fs.mkdir(directory, { recursive: true });
  await fs.writeFile(join(directory, `${W}.abc`), '');
  expect(await markers.mark(W)).toEqual(YES);
  expect(await fs.readdir(directory)).toEqual([W]);
});

test.each(['', '.', '..', '../3600', 'a/b', '36 00', '3600\n', '3'.repeat(128)])(
  '%j is refused, and touches no file',
  async (wwid) => {
    for (const answer of [markers.isMarked(wwid), markers.mark(wwid), markers.unmark(wwid)]) {
      expect(await answer).toMatchObject({ ok: false, failure: { code: 'REFUSED' } });
    }
    expect(await fs.readdir(root)).toEqual([]);
  },
);

test('if the directory cannot be made, the failure has the errno', async () => {
  await fs.writeFile(join(root, 'multipath'), '');
  expect(await markers.mark(W)).toMatchObject({ ok: false, failure: { operation: 'mkdir' } });
  expect(await markers.isMarked(W)).toMatchObject({ ok: false, failure: { operation: 'lstat', errno: 'ENOTDIR' } });
});

describe('noteCreation', () => {
  const refusal = (more: Partial<Failure> = {}): Reading<never> => ({
    ok: false,
    failure: { code: 'KERNEL_ERROR', operation: 'DM_TABLE_LOAD', device: 'mpath-3600', errno: 'EBUSY', ...more },
  });
  const made: Reading<null> = { ok: true, value: null };

  test('a refused table sets the marker, a made map removes it; each change is reported once', async () => {
    expect(await noteCreation(markers, W, made)).toEqual({ ok: true, value: null });
    expect(await noteCreation(markers, W, refusal())).toEqual({ ok: true, value: 'marked' });
    expect(await noteCreation(markers, W, refusal({ errno: 'EINVAL' }))).toEqual({ ok: true, value: null });
    expect(await markers.isMarked(W)).toEqual(YES);
    expect(await noteCreation(markers, W, made)).toEqual({ ok: true, value: 'unmarked' });
    expect(await markers.isMarked(W)).toEqual(NO);
  });

  test.each<Partial<Failure>>([
    { errno: 'ENOMEM' },
    { errno: 'EINTR' },
    { errno: 'ENXIO' },
    { operation: 'DM_DEV_CREATE' },
    { operation: 'open', errno: 'ENOENT' },
    { code: 'TIMED_OUT', errno: null },
    { code: 'REFUSED', errno: null },
  ])('%j is no answer of the kernel about the LUN', async (more) => {
    expect(await noteCreation(markers, W, refusal(more))).toEqual({ ok: true, value: null });
    expect(await markers.isMarked(W)).toEqual(NO);
  });

  test('a marker that cannot be written is a failure', async () => {
    await fs.writeFile(join(root, 'multipath'), '');
    expect(await noteCreation(markers, W, refusal())).toMatchObject({ ok: false, failure: { operation: 'mkdir' } });
  });
});
