import { promises as fs } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { createStateFile } from '../../src/kernel/stateFiles';
import type { StateFile } from '../../src/kernel/stateFiles';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await fs.mkdtemp(join(tmpdir(), 'mpathd-state-'));
  path = join(directory, 'bindings');
});
afterEach(() => fs.rm(directory, { recursive: true }));

const free = { tryFileLock: (): string | null => null };

function stateFile(at = path, addon = free, lockMs = 200): StateFile {
  return createStateFile(addon, at, { lockMs });
}
const modeOf = async (at: string): Promise<string> => ((await fs.stat(at)).mode & 0o7777).toString(8);
const LIMIT = 1024 * 1024;

describe('read', () => {
  test('gives the text', async () => {
    await fs.writeFile(path, 'mpatha 3600\n');
    expect(await stateFile().read()).toEqual({ ok: true, value: 'mpatha 3600\n' });
  });

  test.each(['bindings', 'nowhere/bindings'])('no file is an empty text: %s', async (name) => {
    expect(await stateFile(join(directory, name)).read()).toEqual({ ok: true, value: '' });
    expect(await fs.readdir(directory)).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>, object]>([
    ['a directory', () => fs.mkdir(path), { code: 'REFUSED' }],
    ['a symlink loop', () => fs.symlink('bindings', path), { code: 'KERNEL_ERROR', errno: 'ELOOP' }],
    ['a file that is too large', () => fs.writeFile(path, 'x'.repeat(LIMIT + 1)), { code: 'REFUSED' }],
    ['bytes that are no text', () => fs.writeFile(path, Buffer.from([0x61, 0xff])), { code: 'MALFORMED' }],
    ['a device', () => fs.symlink('/dev/zero', path), { code: 'REFUSED' }],
    ['a long file that claims to be empty', () => fs.symlink('/proc/kallsyms', path), { code: 'REFUSED' }],
  ])('refuses %s', async (_, make, failure) => {
    await make();
    expect(await stateFile().read()).toMatchObject({ ok: false, failure });
  });

  test('accepts a file of exactly the limit', async () => {
    await fs.writeFile(path, 'x'.repeat(LIMIT));
    expect(await stateFile().read()).toMatchObject({ ok: true });
  });
});

describe('update', () => {
  test('gives the text to the function and writes its result', async () => {
    await fs.writeFile(path, 'a\n');
    expect(await stateFile().update((text) => `${text}b\n`)).toEqual({ ok: true, value: null });
    expect(await fs.readFile(path, 'utf8')).toBe('a\nb\n');
    expect(await modeOf(path)).toBe('600');
    expect(await fs.readdir(directory)).toEqual(['bindings']);
  });

  test('makes file and directory, for root alone', async () => {
    const deep = join(directory, 'etc', 'multipath', 'bindings');
    await stateFile(deep).update((text) => `${text}new`);
    expect(await fs.readFile(deep, 'utf8')).toBe('new');
    expect([await modeOf(deep), await modeOf(join(directory, 'etc', 'multipath'))]).toEqual(['600', '700']);
  });

  test('null leaves the file as it is', async () => {
    await fs.writeFile(path, 'a\n');
    const before = await fs.stat(path);
    expect(await stateFile().update(() => null)).toEqual({ ok: true, value: null });
    expect((await fs.stat(path)).ino).toBe(before.ino);
  });

  test('replaces the file instead of writing into it', async () => {
    await fs.writeFile(path, 'old');
    const reader = await fs.open(path);
    await stateFile().update(() => 'new');
    expect(await reader.readFile('utf8')).toBe('old');
    await reader.close();
  });

  test('follows a link to the file, and leaves the link', async () => {
    await fs.mkdir(join(directory, 'kept'));
    await fs.writeFile(join(directory, 'kept', 'b'), 'a');
    await fs.symlink('kept/b', path);
    await stateFile().update((text) => `${text}b`);
    expect(await fs.readFile(join(directory, 'kept', 'b'), 'utf8')).toBe('ab');
    expect((await fs.lstat(path)).isSymbolicLink()).toBe(true);
  });

  test.each([
    ['kept/b', 'kept/b'],
    ['kept/further/b', 'kept/further/b'],
    ['via', 'kept/b'],
  ])('makes the file to which the link %s leads, and leaves the link', async (link, target) => {
    await fs.symlink('kept/b', join(directory, 'via'));
    await fs.symlink(link, path);
    expect(await stateFile().read()).toEqual({ ok: true, value: '' });
    expect(await stateFile().update(() => 'new')).toEqual({ ok: true, value: null });
    expect(await stateFile().edit((text) => [{ at: text.length, text: 'er' }])).toEqual({ ok: true, value: null });
    expect(await fs.readFile(join(directory, target), 'utf8')).toBe('newer');
    expect((await fs.lstat(path)).isSymbolicLink()).toBe(true);
  });

  test('does not follow a link that others could have made, and says which', async () => {
    await fs.symlink('kept', path);
    await fs.chmod(directory, 0o777);
    const refusal = { code: 'REFUSED', detail: expect.stringContaining(`${path} is a link in a folder`) as string };
    expect(await stateFile().update(() => 'x')).toMatchObject({ ok: false, failure: refusal });
    expect(await stateFile().read()).toMatchObject({ ok: false, failure: refusal });
    expect(await fs.readdir(directory)).toEqual(['bindings']);
    // With the sticky bit only its owner can replace a link.
    await fs.chmod(directory, 0o1777);
    expect(await stateFile().update(() => 'x')).toEqual({ ok: true, value: null });
  });

  test('updates of one object come one after the other', async () => {
    const file = stateFile();
    const letters = [...'abcdefghij'];
    await Promise.all(letters.map((letter) => file.update((text) => text + letter)));
    expect(await file.read()).toEqual({ ok: true, value: letters.join('') });
  });

  test.each<[string, () => Promise<unknown>, object]>([
    ['a directory', () => fs.mkdir(path), { errno: 'EISDIR' }],
    ['a symlink loop', () => fs.symlink('bindings', path), { errno: 'ELOOP' }],
    ['a file that is too large', () => fs.writeFile(path, 'x'.repeat(LIMIT + 1)), { code: 'REFUSED' }],
    ['bytes that are no text', () => fs.writeFile(path, Buffer.from([0xc3, 0x28])), { code: 'MALFORMED' }],
    ['a device', () => fs.symlink('/dev/null', path), { code: 'REFUSED' }],
  ])('refuses %s and does not call the function', async (_, make, failure) => {
    await make();
    const transform = jest.fn(() => 'new');
    expect(await stateFile().update(transform)).toMatchObject({ ok: false, failure });
    expect(transform).not.toHaveBeenCalled();
  });

  test('a directory that is a file is a failure', async () => {
    await fs.writeFile(path, '');
    expect(await stateFile(join(path, 'bindings')).update(() => 'x')).toMatchObject({
      ok: false,
      failure: { errno: 'ENOTDIR' },
    });
  });

  test('a result that is too large leaves the old file', async () => {
    await fs.writeFile(path, 'old');
    expect(await stateFile().update(() => 'x'.repeat(LIMIT + 1))).toMatchObject({
      ok: false,
      failure: { code: 'REFUSED' },
    });
    expect(await fs.readFile(path, 'utf8')).toBe('old');
    expect(await fs.readdir(directory)).toEqual(['bindings']);
  });

  test('a function that throws leaves the old file, and the next update works', async () => {
    await fs.writeFile(path, 'old');
    const file = stateFile();
    await expect(
      file.update(() => {
        throw new Error('bug');
      }),
    ).rejects.toThrow('bug');
    expect(await file.update((text) => `${text}er`)).toMatchObject({ ok: true });
    expect(await fs.readFile(path, 'utf8')).toBe('older');
  });
});

describe('edit', () => {
  const append = (text: string) => (old: string) => [{ at: old.length, text }];

  test('writes into the existing file', async () => {
    await fs.writeFile(path, '\u00e9/a/\n/b/\n');
    const reader = await fs.open(path);
    expect(
      await stateFile().edit((text) => [
        { at: text.indexOf('/b'), text: '#' },
        { at: text.length, text: '/c/\n' },
      ]),
    ).toEqual({ ok: true, value: null });
    expect(await reader.readFile('utf8')).toBe('\u00e9/a/\n#b/\n/c/\n');
    await reader.close();
    expect(await fs.readdir(directory)).toEqual(['bindings']);
  });

  test('makes file and directory, for root alone', async () => {
    const deep = join(directory, 'etc', 'multipath', 'wwids');
    expect(await stateFile(deep).edit(append('/a/\n'))).toMatchObject({ ok: true });
    expect(await fs.readFile(deep, 'utf8')).toBe('/a/\n');
    expect([await modeOf(deep), await modeOf(join(directory, 'etc', 'multipath'))]).toEqual(['600', '700']);
  });

  test('no patches leave the file as it is', async () => {
    await fs.writeFile(path, 'a\n');
    expect(await stateFile().edit(() => [])).toEqual({ ok: true, value: null });
    expect(await fs.readFile(path, 'utf8')).toBe('a\n');
  });

  test('edits and updates of one object come one after the other', async () => {
    const file = stateFile();
    await Promise.all(
      [...'abcd'].flatMap((letter) => [file.edit(append(letter)), file.update((text) => text + letter)]),
    );
    expect(await fs.readFile(path, 'utf8')).toBe('aabbccdd');
  });

  test('a file that would be too large is left as it is', async () => {
    await fs.writeFile(path, 'old');
    expect(await stateFile().edit(append('x'.repeat(LIMIT)))).toMatchObject({
      ok: false,
      failure: { code: 'REFUSED' },
    });
    expect(await fs.readFile(path, 'utf8')).toBe('old');
  });

  test.each<[string, () => Promise<unknown>, object]>([
    ['a directory', () => fs.mkdir(path), { errno: 'EISDIR' }],
    ['a symlink loop', () => fs.symlink('bindings', path), { errno: 'ELOOP' }],
    ['bytes that are no text', () => fs.writeFile(path, Buffer.from([0xc3, 0x28])), { code: 'MALFORMED' }],
  ])('refuses %s and does not call the function', async (_, make, failure) => {
    await make();
    const change = jest.fn(() => []);
    expect(await stateFile().edit(change)).toMatchObject({ ok: false, failure });
    expect(change).not.toHaveBeenCalled();
  });
});

describe('the lock', () => {
  test('an update waits for the lock', async () => {
    let tries = 0;
    const addon = { tryFileLock: (): string | null => (++tries < 3 ? 'EAGAIN' : null) };
    expect(await stateFile(path, addon, 5000).update(() => 'x')).toMatchObject({ ok: true });
    expect(tries).toBe(3);
  });

  test('a lock that is held for too long is a failure, and the file stays as it is', async () => {
    await fs.writeFile(path, 'old');
    const transform = jest.fn(() => 'new');
    expect(await stateFile(path, { tryFileLock: () => 'EAGAIN' }).update(transform)).toMatchObject({
      ok: false,
      failure: { code: 'TIMED_OUT', operation: 'lock', device: path },
    });
    expect(transform).not.toHaveBeenCalled();
    expect(await fs.readFile(path, 'utf8')).toBe('old');
  });

  test('any other refusal of the lock is a failure at once', async () => {
    expect(await stateFile(path, { tryFileLock: () => 'ENOLCK' }, 60_000).update(() => 'x')).toMatchObject({
      ok: false,
      failure: { code: 'KERNEL_ERROR', operation: 'lock', errno: 'ENOLCK' },
    });
  });

  test('if the file was replaced during the wait, the lock is taken again for the new file', async () => {
    await fs.writeFile(path, 'old');
    let locks = 0;
    const { renameSync, writeFileSync } = jest.requireActual<typeof import('fs')>('fs');
    const addon = {
      tryFileLock: () => {
        if (++locks === 1) {
          writeFileSync(`${path}.theirs`, 'theirs');
          renameSync(`${path}.theirs`, path);
        }
        return null;
      },
    };
    expect(await stateFile(path, addon).update((text) => `${text} and ours`)).toMatchObject({ ok: true });
    expect(await fs.readFile(path, 'utf8')).toBe('theirs and ours');
    expect(locks).toBe(2);
  });
});

describe('what an administrator is told', () => {
  const told = async (
    lockMs: number,
    addon: typeof free,
    work: (file: StateFile) => Promise<unknown>,
  ): Promise<string[]> => {
    const lines: string[] = [];
    await work(createStateFile(addon, path, { lockMs, log: (level, message) => lines.push(`${level}: ${message}`) }));
    return lines;
  };

  test.each([0o602, 0o620, 0o666])('a file of mode %o is used, and an error says once what to do', async (mode) => {
    await fs.writeFile(path, 'mpatha 3600\n');
    await fs.chmod(path, mode);
    const lines = await told(200, free, async (file) => {
      for (let times = 0; times < 3; times++)
        expect(await file.read()).toMatchObject({ ok: true, value: 'mpatha 3600\n' });
    });
    expect(lines).toEqual([
      expect.stringMatching(/^error: .*bindings is writable by others \(mode 0\d+\).*chown root .* && chmod go-w /),
    ]);
  });

  test.each([0o600, 0o644])('of a file of mode %o nothing is said', async (mode) => {
    await fs.writeFile(path, '');
    await fs.chmod(path, mode);
    expect(await told(200, free, (file) => file.update(() => 'x'))).toEqual([]);
  });

  test('after a second of waiting for a lock: that it is held, and later that it was free', async () => {
    const began = Date.now();
    const addon = { tryFileLock: (): string | null => (Date.now() - began < 1_400 ? 'EAGAIN' : null) };
    expect(await told(5_000, addon, (file) => file.update(() => 'x'))).toEqual([
      expect.stringMatching(/^warning: .*bindings is locked by another process; .* waits, for 5 s at most$/),
      expect.stringMatching(/^notice: the lock of .*bindings was free after 1\.[3-9] s$/),
    ]);
  });

  test('of a short wait nothing is said', async () => {
    let tries = 0;
    const addon = { tryFileLock: (): string | null => (tries++ < 3 ? 'EAGAIN' : null) };
    expect(await told(5_000, addon, (file) => file.update(() => 'x'))).toEqual([]);
  });
});
