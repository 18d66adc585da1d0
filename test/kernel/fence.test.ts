import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { writeFence } from '../../src/kernel/fence';

const UUID = '0f5f3ad3-6b8e-4f0e-9d0e-5f5f3ad36b8e';
let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'mpathd-fence-'))));
afterEach(() => rmSync(directory, { recursive: true }));

test('is written into the first file that exists', async () => {
  const files = ['missing', 'second', 'third'].map((name) => join(directory, name));
  for (const file of files.slice(1)) writeFileSync(file, '');
  expect(await writeFence(UUID, files)).toEqual({ ok: true, value: null });
  expect(files.slice(1).map((file) => readFileSync(file, 'utf8'))).toEqual([`change ${UUID} MPATHD=1`, '']);
});

test.each(['', 'x', UUID.slice(1), `${UUID} REMOVE=1`, `${UUID}\n`, `${UUID.slice(0, -1)}g`])(
  'refuses %j as a UUID',
  async (uuid) => {
    const file = join(directory, 'uevent');
    writeFileSync(file, '');
    expect(await writeFence(uuid, [file])).toMatchObject({ ok: false, failure: { code: 'REFUSED' } });
    expect(readFileSync(file, 'utf8')).toBe('');
  },
);

test('has the errno of the last file', async () => {
  const files = [join(directory, 'a'), join(directory, 'b')];
  expect(await writeFence(UUID, files)).toEqual({
    ok: false,
    failure: { code: 'KERNEL_ERROR', operation: 'fence', device: files[1], errno: 'ENOENT' },
  });
});

test('after an errno that every file would give no other file is tried', async () => {
  const loop = join(directory, 'loop');
  symlinkSync('loop', loop);
  const next = join(directory, 'next');
  writeFileSync(next, '');
  expect(await writeFence(UUID, [loop, next])).toMatchObject({ ok: false, failure: { device: loop, errno: 'ELOOP' } });
  expect(readFileSync(next, 'utf8')).toBe('');
});

test('no files at all is a failure', async () => {
  expect(await writeFence(UUID, [])).toMatchObject({ ok: false, failure: { code: 'REFUSED' } });
});
