import { execFileSync } from 'node:child_process';
import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBounded } from '../../src/kernel/boundedFile';

let root: string;
beforeEach(async () => (root = await fs.mkdtemp(join(tmpdir(), 'mpathd-bounded-'))));
afterEach(() => fs.rm(root, { recursive: true }));

test.each([0, 1, 65_536, 200_000])('a file of %i bytes', async (size) => {
  const path = join(root, 'file');
  await fs.writeFile(path, Buffer.alloc(size, 0xe9));
  expect(await readBounded(path, 200_000)).toEqual({ ok: true, value: '\u00e9'.repeat(size) });
});

test('a file that is longer than allowed', async () => {
  await fs.writeFile(join(root, 'file'), 'abc');
  expect(await readBounded(join(root, 'file'), 2)).toMatchObject({ ok: false, failure: { code: 'REFUSED' } });
  expect(await readBounded('/dev/zero', 1 << 20)).toMatchObject({ ok: false, failure: { code: 'REFUSED' } });
});

test('a file of /proc, whose size is shown as 0', async () => {
  const reading = await readBounded('/proc/self/mountinfo', 1 << 26);
  expect(reading.ok && reading.value.length).toBeGreaterThan(100);
});

test('a pipe without a writer does not block the reading', async () => {
  execFileSync('mkfifo', [join(root, 'pipe')]);
  expect(await readBounded(join(root, 'pipe'), 10)).toEqual({ ok: true, value: '' });
});

test('a path that cannot be read', async () => {
  expect(await readBounded(join(root, 'none'), 10)).toMatchObject({
    ok: false,
    failure: { code: 'KERNEL_ERROR', errno: 'ENOENT' },
  });
  expect(await readBounded(root, 10)).toMatchObject({ ok: false, failure: { errno: 'EISDIR' } });
});
