import { execFileSync, spawn } from 'child_process';
import type { ChildProcessWithoutNullStreams } from 'child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'fs';
import { once } from 'events';
import { createInterface } from 'readline';
import { tmpdir } from 'os';
import { join } from 'path';
import { loadAddon } from '../../src/kernel/native';
import { createNotifier } from '../../src/kernel/systemd';

const addon = loadAddon();
let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'mpathd-process-'))));
afterAll(() => rmSync(directory, { recursive: true }));

interface Python {
  child: ChildProcessWithoutNullStreams;
  line: () => Promise<string>;
}

/** Runs a Python program that prints a line when it is ready. */
async function python(program: string, ...args: string[]): Promise<Python> {
  const child = spawn('python3', ['-u', '-c', program, ...args]);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  await line();
  return { child, line };
}

async function ended({ child }: Python): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

describe('sdNotify', () => {
  const MANAGER = `
import socket, sys
name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('\\0' + name[1:] if name[0] == '@' else name)
print('ready')
print(repr(s.recv(4096)))`;

  test.each(['path', 'abstract'])('a state reaches a datagram socket: %s', async (kind) => {
    const address = kind === 'path' ? join(directory, 'notify') : `@mpathd-test-${process.pid}`;
    const manager = await python(MANAGER, address);
    expect(createNotifier(addon, { NOTIFY_SOCKET: address }).ready('up: 2 maps')).toBeNull();
    expect(await manager.line()).toBe(String.raw`b'READY=1\nSTATUS=up: 2 maps'`);
    await ended(manager);
  });

  test('errnos of addresses on which nobody listens', () => {
    expect(addon.sdNotify(join(directory, 'nobody'), 'READY=1')).toBe('ENOENT');
    expect(addon.sdNotify('@mpathd-nobody', 'READY=1')).toBe('ECONNREFUSED');
    expect(addon.sdNotify('relative', 'READY=1')).toBe('EINVAL');
    expect(addon.sdNotify(`/${'x'.repeat(200)}`, 'READY=1')).toBe('EINVAL');
    expect(() => Reflect.apply(addon.sdNotify, addon, [null, 'x'])).toThrow('address must be a string');
  });
});

describe('lockFileMappings', () => {
  // This runs in a process of its own, because the lock lasts as long as the process lives.
  test('locks code and constants, and the program goes on with garbage collection', () => {
    const program = `
      const addon = require(process.argv[1]);
      addon.lockFileMappings().then((before) => {
      let junk = [];
      for (let i = 0; i < 200; i++) { junk = [junk.slice(0, 10), new Array(10000).fill({ i })]; if (i % 20 === 0) global.gc(); }
      const status = require('fs').readFileSync('/proc/self/status', 'utf8');
      const of = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+)').exec(status)[1]);
      console.log(JSON.stringify({ ...before, kilobytes: of('VmLck'), filePages: of('RssFile') })); });`;
    const addonFile = join(__dirname, '..', '..', 'build', 'Release', 'mpathd.node');
    const output = execFileSync(process.execPath, ['--expose-gc', '-e', program, addonFile], { encoding: 'utf8' });
    const { lockedBytes, failures, kilobytes, filePages } = JSON.parse(output) as Record<string, number>;
    expect(failures).toBe(0);
    expect(lockedBytes).toBeGreaterThan(10 * 1024 * 1024);
    expect(kilobytes! * 1024).toBe(lockedBytes);
    // Also what has never run is in memory now. A page that the loader has changed is no page of the file any more.
    expect(filePages! * 1024).toBeGreaterThan(0.98 * lockedBytes!);
  });

  test('counts the mappings that may not be locked', () => {
    const program = 'require(process.argv[1]).lockFileMappings().then((locked) => console.log(JSON.stringify(locked)))';
    const addonFile = join(__dirname, '..', '..', 'build', 'Release', 'mpathd.node');
    // Without CAP_IPC_LOCK the limit holds. Nothing fits into 4 KiB.
    const shell = 'ulimit -l 4; exec setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock "$0" -e "$1" "$2"';
    const output = execFileSync('bash', ['-c', shell, process.execPath, program, addonFile], { encoding: 'utf8' });
    const { failures } = JSON.parse(output) as { failures: number };
    expect(failures).toBeGreaterThan(0);
  });
});

describe('tryFileLock', () => {
  const HOLDER = `
import fcntl, sys, struct
f = open(sys.argv[1], 'r+')
fcntl.lockf(f, fcntl.LOCK_EX)
print('locked')
sys.stdin.readline()`;

  test('gives EAGAIN while another process has the lock, and gets the lock after that process has ended', async () => {
    const file = join(directory, 'lock');
    closeSync(openSync(file, 'w'));
    const holder = await python(HOLDER, file);
    const fd = openSync(file, 'r+');
    expect(addon.tryFileLock(fd)).toBe('EAGAIN');
    holder.child.stdin.end('\n');
    await ended(holder);
    expect(addon.tryFileLock(fd)).toBeNull();
    const seen = execFileSync(
      'python3',
      [
        '-c',
        `
import fcntl, sys
try:
    fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)
    print('free')
except OSError as e:
    print(e.errno)`,
        file,
      ],
      { encoding: 'utf8' },
    );
    expect(seen.trim()).toBe('11');
    closeSync(fd);
  });

  test('a descriptor that cannot be locked', () => {
    const fd = openSync(join(directory, 'lock'), 'r');
    expect(addon.tryFileLock(fd)).toBe('EBADF');
    closeSync(fd);
    expect(() => addon.tryFileLock(-1)).toThrow('fd must be from 0');
    expect(() => Reflect.apply(addon.tryFileLock, addon, ['1'])).toThrow('fd must be a number');
  });
});
