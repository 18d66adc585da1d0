/** The socket on this machine's kernel: abstract names, credentials, inherited descriptors. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ask } from '../../src/ipc/client';
import { stateOfHolder } from '../../src/ipc/holderState';
import { claimPidFile, type PidFile, type PidFilePorts } from '../../src/ipc/pidFile';
import { startServer, type ServerOptions } from '../../src/ipc/server';
import { loadAddon } from '../../src/kernel/native';
import { inFolder } from '../ipc/sockets';

const native = loadAddon();
const NAME = `/org/mpathd/test/${process.pid}`;

const options = (more: Partial<ServerOptions>): ServerOptions => ({
  session: { handle: async (text, isRoot) => `${isRoot ? 'root' : 'user'} ${text}\n` },
  native,
  addresses: [`@${NAME}`],
  inputs: () => 1,
  clients: { all: 10, reservedForRoot: 2, perUser: 4 },
  log: () => undefined,
  ...more,
});

const askAt = (address: string): Promise<string> =>
  ask('x', { addresses: [address], timeoutMs: 3000, trusted: [0], native: () => native });

test('an abstract name is bound to its last byte and no further', async () => {
  const server = await startServer(options({}));
  const names = readFileSync('/proc/net/unix', 'latin1')
    .split('\n')
    .map((line) => line.split(' ').at(-1));
  expect(names).toContain(`@${NAME}`);
  expect(await askAt(`@${NAME}`)).toBe('root x\n');
  await server.close();
  await expect(askAt(`@${NAME}`)).rejects.toThrow(/ECONNREFUSED/);
});

test('an abstract name on which another process answers is refused', async () => {
  const server = await startServer(options({}));
  await expect(startServer(options({}))).rejects.toThrow(/it answers/);
  expect(await askAt(`@${NAME}`)).toBe('root x\n');
  await server.close();
});

test('the daemon listens on inherited sockets, and then on no other', async () => {
  const made = native.listenOn(`@${NAME}/inherited`, 5);
  if (made.errno !== null) throw new Error(made.errno);
  const server = await startServer(options({ inherited: [made.fd] }));
  expect(await askAt(`@${NAME}/inherited`)).toBe('root x\n');
  await expect(askAt(`@${NAME}`)).rejects.toThrow(/ECONNREFUSED/);
  await server.close();
});

test('a descriptor that is no socket has no peer', () => {
  expect(native.peerOf(openSync('/dev/null', 'r'))).toBeNull();
});

test.each([0, 108])('a name of %d bytes is no address', (length) => {
  expect(native.listenOn('@' + 'x'.repeat(length), 1)).toMatchObject({ errno: 'EINVAL' });
  expect(native.connectAbstract('x'.repeat(length))).toMatchObject({ errno: 'EINVAL' });
});

const claim = (file: string, onWait: PidFilePorts['onWait'] = () => undefined): Promise<PidFile> =>
  claimPidFile(file, process.pid, { tryLock: native.tryFileLock, stateOf: stateOfHolder, onWait, pause });

test('the pid file is claimed by one process at a time', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'pid');
    writeFileSync(file, '99999\n');
    const first = await claim(file);
    expect(readFileSync(file, 'latin1')).toBe(`${process.pid}\n`);
    // The read above closed a descriptor of the locked file, which ended the lock: fcntl(2).
    first.release();
    const again = await claim(file);
    expect(tryLockElsewhere(file)).toBe('locked');
    again.release();
    expect(tryLockElsewhere(file)).toBe('free');
  });
});

test('a lock of a living process is refused; after the end of its first thread the claim waits for the others', async () => {
  await inFolder(async (folder) => {
    const file = join(folder, 'pid');
    const holder = spawn('python3', ['-c', HOLDER, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    await expect(claim(file)).rejects.toThrow(`pid ${holder.pid} holds its lock`);
    holder.stdin.end('\n');
    while (stateOfHolder(holder.pid ?? 0) !== 'dying') await pause(10);
    const waits: number[] = [];
    const claimed = await claim(file, (pid, waitedMs) => {
      waits.push(pid);
      if (waitedMs > 0) holder.kill('SIGKILL');
    });
    expect(waits.length).toBeGreaterThan(1);
    expect(new Set(waits)).toEqual(new Set([holder.pid]));
    claimed.release();
  });
}, 60_000);

/** Locks the file named by its argument. After a line of input its first thread ends, and another one goes on. */
const HOLDER = `
import ctypes, fcntl, os, sys, threading, time
file = open(sys.argv[1], 'w')
fcntl.lockf(file, fcntl.LOCK_EX)
print(os.getpid(), file=file, flush=True)
threading.Thread(target=time.sleep, args=(60,)).start()
print('locked', flush=True)
sys.stdin.readline()
ctypes.CDLL(None).syscall({'x86_64': 60}.get(os.uname().machine, 93), 0)
`;

/** Tries the lock in another process: an fcntl lock does not stop its owner. */
function tryLockElsewhere(file: string): string {
  const script = [
    'import fcntl, sys',
    'try:',
    `    fcntl.lockf(open(${JSON.stringify(file)}, "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB)`,
    '    print("free")',
    'except BlockingIOError:',
    '    print("locked")',
  ].join('\n');
  return execFileSync('python3', ['-c', script], { encoding: 'utf8' }).trim();
}
