/** Calls that hang on a file system that does not answer, and those that must go on beside them. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LaneInfo } from '../../native/mpathd';
import { createConfigurationFiles } from '../../src/daemon/configurationFiles';
import { createFileDeadlines } from '../../src/kernel/fileDeadlines';
import { createFiles, makeDirectories } from '../../src/kernel/files';
import { loadAddon } from '../../src/kernel/native';
import { createStateFile } from '../../src/kernel/stateFiles';
import { hungDirectories } from './hungDirectory';

const addon = loadAddon();
const MANY = 200;
const hung = hungDirectories();
let folder = '';

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mpathd-lanes-'))));
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => hung.releaseAll());

const lane = (name: LaneInfo['name']): LaneInfo => addon.laneInfo().find((one) => one.name === name)!;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

test('200 calls that hang hold up no other call, of their kind or of another', async () => {
  const directory = await hung.mount();
  const stuck = Array.from({ length: MANY }, (_, n) => addon.listDirectory(join(directory.path, String(n))));
  await until(() => lane('reading').busy >= MANY && lane('reading').queued === 0);
  expect(lane('reading').waited).toBe(0);

  expect(await addon.listDirectory(folder)).toEqual({ errno: null, names: [] });
  expect(await addon.sysfsRead([{ directory: folder, attributes: ['none'] }])).toMatchObject([{ values: ['ENOENT'] }]);
  expect(await addon.directRead({ node: join(folder, 'none'), devt: '8:0', diskseq: null })).toMatchObject({
    errno: 'ENOENT',
  });
  // Where there is no device-mapper, the answer is a failure; it comes all the same.
  expect(await addon.dmRemove('mpath-none', 0)).toHaveProperty('errno');
  for (const name of ['file', 'fence', 'log'] as const)
    expect(await createFiles(addon, name).readdir(folder, { encoding: 'buffer' })).toEqual([]);

  await sleep(50);
  expect(lane('reading').oldestMs).toBeGreaterThan(0);
  await directory.release();
  expect(new Set((await Promise.all(stuck)).map(({ errno }) => errno))).toEqual(new Set(['ENOTCONN']));
});

test('a lane that is full lets calls wait, and counts them', async () => {
  const directory = await hung.mount();
  const files = createFiles(addon, 'fence');
  const { limit } = lane('fence');
  // The calls fail as soon as the directory is released, before anybody waits for them.
  const stuck = Promise.allSettled(
    Array.from({ length: limit }, (_, n) => files.stat(join(directory.path, String(n)))),
  );
  await until(() => lane('fence').busy === limit);
  const late = files.stat(folder);
  await until(() => lane('fence').queued === 1);
  expect(lane('fence').waited).toBe(1);
  await directory.release();
  expect((await late).isDirectory()).toBe(true);
  expect((await stuck).every(({ status }) => status === 'rejected')).toBe(true);
});

test('a configuration that does not answer is TIMED_OUT with its name, also again, and then reads', async () => {
  const directory = await hung.mount();
  const deadlines = createFileDeadlines();
  const shortened = { ...deadlines, within: inTime(deadlines.within) };
  const main = join(directory.path, 'multipath.conf');
  const source = createConfigurationFiles(
    { main, folder: null, mainMayBeAbsent: false },
    { files: createFiles(addon, 'file'), deadlines: shortened },
  );
  const failure = { code: 'TIMED_OUT', operation: 'read', device: main };
  expect(await source.load()).toMatchObject({ reading: { failure: { ...failure, detail: 'no answer for 100 ms' } } });
  expect(deadlines.unanswered()).toMatchObject([{ operation: 'read', device: main }]);
  const busy = lane('file').busy;
  expect((await source.load()).reading).toMatchObject({
    failure: { ...failure, detail: expect.stringMatching(/^an earlier call has not come back for \d+ ms$/) as string },
  });
  expect(lane('file').busy).toBe(busy);
  await directory.release();
  await until(() => deadlines.unanswered().length === 0);
  expect((await source.load()).reading).toMatchObject({ failure: { code: 'MALFORMED' } });
});

test('a state file that does not answer is TIMED_OUT, and another one is written meanwhile', async () => {
  const directory = await hung.mount();
  const deadlines = createFileDeadlines();
  const access = { files: createFiles(addon, 'file'), deadlines: { ...deadlines, within: inTime(deadlines.within) } };
  const stuck = createStateFile(addon, join(directory.path, 'bindings'), { access });
  const path = join(folder, 'sub', 'bindings');
  const other = createStateFile(addon, path, { access: { ...access, deadlines } });
  expect(await stuck.update(() => 'x')).toMatchObject({ failure: { code: 'TIMED_OUT' } });
  expect(await stuck.read()).toMatchObject({ failure: { code: 'TIMED_OUT' } });
  expect(await other.update((text) => `${text}a\n`)).toEqual({ ok: true, value: null });
  expect(await other.edit((text) => [{ at: text.length, text: 'b\n' }])).toEqual({ ok: true, value: null });
  expect(await other.read()).toEqual({ ok: true, value: 'a\nb\n' });
  expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
});

/** The same deadlines, but short. */
function inTime<T extends ReturnType<typeof createFileDeadlines>['within']>(within: T): T {
  return ((key, work, run) => within(key, { ...work, ms: 100 }, run)) as T;
}

test('the file lane does what node:fs does', async () => {
  const files = createFiles(addon, 'file');
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('a'), 'text');
  await makeDirectories(files, at('x/y/z'), 0o700);
  await files.rename(at('a'), at('x/b'));
  await files.link(at('x/b'), at('x/c'));
  await expect(files.link(at('x/b'), at('x/c'))).rejects.toMatchObject({ code: 'EEXIST', syscall: 'link' });
  await files.unlink(at('x/b'));
  expect((await files.readdir(at('x'), { encoding: 'buffer' })).map(String).sort()).toEqual(['c', 'y']);
  expect(await files.realpath(at('x/../x/c'))).toBe(at('x/c'));
  expect(await files.stat(at('x/c'))).toMatchObject({ size: 4, uid: process.getuid?.() });
  symlinkSync('x/c', at('l'));
  expect(await files.readlink(at('l'))).toBe('x/c');
  expect((await files.lstat(at('l'))).isSymbolicLink()).toBe(true);
  await expect(makeDirectories(files, '/proc/none/x', 0o700)).rejects.toMatchObject({ code: 'ENOENT' });
});
