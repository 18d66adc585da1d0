import { execFileSync, spawn } from 'child_process';
import type { ChildProcessWithoutNullStreams } from 'child_process';
import { once } from 'events';
import { promises as fs } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { loadAddon } from '../../src/kernel/native';
import { createStateFile } from '../../src/kernel/stateFiles';

const addon = loadAddon();
let directory: string;
beforeEach(async () => (directory = await fs.mkdtemp(join(tmpdir(), 'mpathd-state-'))));
afterEach(() => fs.rm(directory, { recursive: true }));

describe('on a small tmpfs', () => {
  const OLD = 'mpatha 3600\n';
  let path: string;
  beforeEach(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'mpathd-test', directory]);
    path = join(directory, 'bindings');
    await fs.writeFile(path, OLD);
  });
  afterEach(() => execFileSync('umount', [directory]));

  test('a full disk leaves the old file, and no other file', async () => {
    const file = createStateFile(addon, path);
    expect(await file.update((text) => text + 'x'.repeat(200_000))).toMatchObject({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'write', errno: 'ENOSPC' },
    });
    expect(await fs.readFile(path, 'utf8')).toBe(OLD);
    expect(await fs.readdir(directory)).toEqual(['bindings']);
    expect(await file.update((text) => `${text}mpathb 3601\n`)).toMatchObject({ ok: true });
    expect(await fs.readFile(path, 'utf8')).toBe(`${OLD}mpathb 3601\n`);
  });

  test('if the disk becomes full in the middle of a line, no part of the line stays', async () => {
    const entry = `/${'3'.repeat(60)}/\n`;
    const file = createStateFile(addon, path);
    const append = (text: string): ReturnType<typeof file.edit> => file.edit((old) => [{ at: old.length, text }]);
    // The text is longer than the free space: its beginning is written before the disk is full.
    expect(await append(entry.repeat(2_000))).toMatchObject({
      ok: false,
      failure: { operation: 'write', errno: 'ENOSPC' },
    });
    expect(await fs.readFile(path, 'utf8')).toBe(OLD);
    expect(await append(entry)).toMatchObject({ ok: true });
    expect(await fs.readFile(path, 'utf8')).toBe(OLD + entry);
  });

  test('a read-only file system can be read, and refuses the update', async () => {
    execFileSync('mount', ['-o', 'remount,ro', directory]);
    const file = createStateFile(addon, path);
    expect(await file.read()).toEqual({ ok: true, value: OLD });
    expect(await file.update(() => 'x')).toMatchObject({ ok: false, failure: { errno: 'EROFS' } });
    expect(await file.edit(() => [])).toMatchObject({ ok: false, failure: { errno: 'EROFS' } });
    expect(await fs.readFile(path, 'utf8')).toBe(OLD);
  });
});

describe('with another process that takes the same lock', () => {
  /** The other process locks like libmultipath, and replaces the file when it is told to. */
  const OTHER = `
import fcntl, os, sys
path = sys.argv[1]
f = open(path, 'r+')
fcntl.lockf(f, fcntl.LOCK_EX)
print('locked')
sys.stdin.readline()
with open(path + '.new', 'w') as new:
    new.write(f.read() + 'theirs\\n')
os.rename(path + '.new', path)`;

  async function other(path: string): Promise<ChildProcessWithoutNullStreams> {
    const child = spawn('python3', ['-u', '-c', OTHER, path]);
    await once(child.stdout, 'data');
    return child;
  }

  test('waits, and then works on what the other process wrote', async () => {
    const path = join(directory, 'bindings');
    await fs.writeFile(path, 'ours\n');
    const child = await other(path);
    const update = createStateFile(addon, path).update((text) => `${text}again ours\n`);
    child.stdin.end('\n');
    expect(await update).toEqual({ ok: true, value: null });
    expect(await fs.readFile(path, 'utf8')).toBe('ours\ntheirs\nagain ours\n');
  });

  test('appends to the file that the other process has open, so that neither line is lost', async () => {
    const path = join(directory, 'wwids');
    await fs.writeFile(path, '/1/\n');
    const APPENDER = `
import fcntl, sys
f = open(sys.argv[1], 'a')
print('open')
sys.stdin.readline()
fcntl.lockf(f, fcntl.LOCK_EX)
f.write('/2/\\n')`;
    const child = spawn('python3', ['-u', '-c', APPENDER, path]);
    await once(child.stdout, 'data');
    expect(await createStateFile(addon, path).edit((text) => [{ at: text.length, text: '/3/\n' }])).toMatchObject({
      ok: true,
    });
    child.stdin.end('\n');
    await once(child, 'exit');
    expect(await fs.readFile(path, 'utf8')).toBe('/1/\n/3/\n/2/\n');
  });

  test('after a second the log says which process holds it', async () => {
    const path = join(directory, 'bindings');
    await fs.writeFile(path, 'ours\n');
    const child = await other(path);
    const lines: string[] = [];
    const update = createStateFile(addon, path, {
      lockMs: 10_000,
      log: (_level, message) => lines.push(message),
    }).update(() => null);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    child.stdin.end('\n');
    expect(await update).toEqual({ ok: true, value: null });
    expect(lines).toEqual([
      expect.stringContaining(`is locked by pid ${child.pid} (python3`),
      expect.stringContaining('was free after'),
    ]);
  });

  test('a file that belongs to another user is used, with an error', async () => {
    const path = join(directory, 'bindings');
    await fs.writeFile(path, 'mpatha 36\n');
    await fs.chown(path, 65534, 65534);
    const lines: string[] = [];
    const file = createStateFile(addon, path, {
      lockMs: 1_000,
      log: (level, message) => lines.push(`${level}: ${message}`),
    });
    expect(await file.read()).toEqual({ ok: true, value: 'mpatha 36\n' });
    expect(lines).toEqual([expect.stringMatching(/^error: .* belongs to uid 65534, so that others than root can/)]);
  });

  test('a link in a folder of another user is refused', async () => {
    const path = join(directory, 'bindings');
    await fs.symlink('/etc/nowhere', path);
    await fs.chown(directory, 65534, 65534);
    expect(await createStateFile(addon, path).update(() => 'x')).toMatchObject({
      ok: false,
      failure: { code: 'REFUSED' },
    });
  });

  test('gives up after its time, and does not change the file', async () => {
    const path = join(directory, 'bindings');
    await fs.writeFile(path, 'ours\n');
    const child = await other(path);
    expect(await createStateFile(addon, path, { lockMs: 100 }).update(() => 'x')).toMatchObject({
      ok: false,
      failure: { code: 'TIMED_OUT', detail: `held by pid ${child.pid} (python3)` },
    });
    expect(await fs.readFile(path, 'utf8')).toBe('ours\n');
    child.kill();
    await once(child, 'exit');
  });

  test('a reading does not release the lock of an update under way', async () => {
    const path = join(directory, 'bindings');
    await fs.writeFile(path, '');
    const file = createStateFile(addon, path);
    const held: boolean[] = [];
    const update = file.update((text) => {
      const seen = execFileSync(
        'python3',
        [
          '-c',
          `
import fcntl, sys
try:
    fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)
    print('free')
except OSError:
    print('held')`,
          path,
        ],
        { encoding: 'utf8' },
      );
      held.push(seen.trim() === 'held');
      return text;
    });
    const readings = [file.read(), file.read()];
    await Promise.all([update, ...readings]);
    expect(held).toEqual([true]);
  });
});
