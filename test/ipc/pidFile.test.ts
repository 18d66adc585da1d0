import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HolderState } from '../../src/ipc/holderState';
import { claimPidFile, type PidFilePorts } from '../../src/ipc/pidFile';
import { inFolder } from './sockets';

/** Ports of a machine on which each look gives the next errno and the next state of the holder. */
function portsWith(errnos: (string | null)[], states: HolderState[] = ['alive']) {
  const waits: [pid: number, waitedMs: number][] = [];
  let looks = 0;
  const ports: PidFilePorts = {
    tryLock: () => errnos[Math.min(looks++, errnos.length - 1)] ?? null,
    stateOf: () => states[Math.min(looks, states.length) - 1] ?? 'unknown',
    onWait: (pid, waitedMs) => void waits.push([pid, waitedMs]),
    pause: () => Promise.resolve(),
  };
  return { ports, waits, looks: () => looks };
}

const withFile = (content: string, use: (file: string) => Promise<void>): Promise<void> =>
  inFolder(async (folder) => {
    const file = join(folder, 'pid');
    writeFileSync(file, content);
    await use(file);
  });

test('a free file is locked and gets our pid, whatever it contained', () =>
  withFile('1234567890\n', async (file) => {
    (await claimPidFile(file, 42, portsWith([null]).ports)).release();
    expect(readFileSync(file, 'latin1')).toBe('42\n');
  }));

test.each(['EAGAIN', 'EACCES'])(
  'if a living process holds the lock (%s), the error names it at once, and the file does not change',
  (errno) =>
    withFile('347\n', async (file) => {
      const { ports, waits, looks } = portsWith([errno]);
      await expect(claimPidFile(file, 42, ports)).rejects.toThrow(/pid 347 holds its lock.*systemctl stop multipathd/);
      expect(readFileSync(file, 'latin1')).toBe('347\n');
      expect([looks(), waits]).toEqual([1, []]);
    }),
);

test('while the holder is dying, it waits, and then locks', () =>
  withFile('347\n', async (file) => {
    const { ports, waits } = portsWith(['EAGAIN', 'EAGAIN', 'EAGAIN', null], ['dying', 'dying', 'gone']);
    (await claimPidFile(file, 42, ports)).release();
    expect(waits).toEqual([
      [347, 0],
      [347, 250],
    ]);
    expect(readFileSync(file, 'latin1')).toBe('42\n');
  }));

test.each<[string, HolderState[]]>([
  ['another daemon has got the lock meanwhile', ['dying', 'alive']],
  ['nothing can be known of the holder', ['unknown']],
  ['the holder cannot be found and the lock stays', ['gone']],
])('it does not start if %s', (_what, states) =>
  withFile('347\n', async (file) => {
    await expect(claimPidFile(file, 42, portsWith(['EAGAIN'], states).ports)).rejects.toThrow(/pid 347 holds its lock/);
    expect(readFileSync(file, 'latin1')).toBe('347\n');
  }),
);

test('a content that is no pid is not repeated', () =>
  withFile('x'.repeat(5000), async (file) => {
    await expect(claimPidFile(file, 42, portsWith(['EAGAIN']).ports)).rejects.toThrow(/\(a process holds its lock\)/);
  }));

test('other errors are reported unchanged', () =>
  inFolder(async (folder) => {
    await expect(claimPidFile(join(folder, 'pid'), 42, portsWith(['ENOLCK']).ports)).rejects.toThrow(/^lock .*ENOLCK/);
    await expect(claimPidFile(join(folder, 'none', 'pid'), 42, portsWith([null]).ports)).rejects.toThrow(
      /^open .*ENOENT/,
    );
  }));
