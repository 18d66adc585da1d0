import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimPidFile } from '../../src/ipc/pidFile';
import { inFolder } from './sockets';

const lockResult = (errno: string | null) => (): string | null => errno;

test('a free file is locked and gets our pid, whatever it contained', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'pid');
    writeFileSync(file, '1234567890\n');
    claimPidFile(file, 42, lockResult(null)).release();
    expect(readFileSync(file, 'latin1')).toBe('42\n');
  });
});

test.each(['EAGAIN', 'EACCES'])(
  'if the file is locked (%s), the error names the holder, and the file does not change',
  async (errno) => {
    await inFolder(async (folder) => {
      const file = join(folder, 'pid');
      writeFileSync(file, '347\n');
      expect(() => claimPidFile(file, 42, lockResult(errno))).toThrow(
        /pid 347 holds its lock.*systemctl stop multipathd/,
      );
      expect(readFileSync(file, 'latin1')).toBe('347\n');
    });
  },
);

test('a content that is no pid is not repeated', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'pid');
    writeFileSync(file, 'x'.repeat(5000));
    expect(() => claimPidFile(file, 42, lockResult('EAGAIN'))).toThrow(/\(a process holds its lock\)/);
  });
});

test('other errors are reported unchanged', async () => {
  await inFolder(async (folder) => {
    expect(() => claimPidFile(join(folder, 'pid'), 42, lockResult('ENOLCK'))).toThrow(/^lock .*ENOLCK/);
    expect(() => claimPidFile(join(folder, 'none', 'pid'), 42, lockResult(null))).toThrow(/^open .*ENOENT/);
  });
});
