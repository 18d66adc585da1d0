/**
 * What another user can do on the daemon's socket: real sockets of this machine, a real daemon on a simulated SAN, and
 * clients that run as nobody.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { ask, listens } from '../../src/ipc/client';
import { startServer, type ServerOptions } from '../../src/ipc/server';
import { loadAddon } from '../../src/kernel/native';
import { inFolder } from '../ipc/sockets';

const DIST = join(__dirname, '..', '..', 'dist');
const ADDON = join(DIST, 'mpathd.node');
const NOBODY = 65_534;
const NAME = `@mpathd-users-${process.pid}`;
const native = loadAddon();

/** Runs a script as nobody: it gets `addon` and `say`, which gives a line to the test. */
function asNobody(script: string): { child: ChildProcess; line(): Promise<string>; end(): Promise<void> } {
  // The addon is loaded before the rights are dropped, because nobody may not read the folder.
  const whole = `
    const addon = require(${JSON.stringify(ADDON)});
    const net = require('node:net');
    process.setgid(${NOBODY}); process.setuid(${NOBODY});
    const say = (text) => process.stdout.write(text + '\\n');
    const request = (text) => {
      const bytes = Buffer.alloc(9 + text.length);
      bytes.writeBigUInt64LE(BigInt(text.length + 1)); bytes.write(text, 8);
      return bytes;
    };
    ${script}`;
  const child = spawn(process.execPath, ['-e', whole], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    line: async () => String((await lines.next()).value),
    // The daemon may have hung up on all its connections, so that it has ended already.
    end: async () => {
      if (child.exitCode !== null || !child.kill('SIGKILL')) return;
      await once(child, 'exit');
    },
  };
}

const options = (more: Partial<ServerOptions>): ServerOptions => ({
  session: { handle: (text, isRoot) => ({ text: `${isRoot ? 'root' : 'user'} ${text}\n`, ofState: false }) },
  native,
  addresses: [],
  inputs: () => 1,
  clients: { all: 400, reservedForRoot: 20, perUser: 256 },
  log: () => undefined,
  ...more,
});

const asRoot = (address: string, text = 'x'): Promise<string> =>
  ask(text, { addresses: [address], trusted: [0], timeoutMs: 20_000, native: () => native });

test('a name that another user has taken: the daemon says whose it is, goes on with the path, and takes it when it is free', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'socket');
    const thief = asNobody(`
      const made = addon.listenOn(${JSON.stringify(NAME)}, 5);
      net.createServer((s) => s.on('data', () => s.end(request('{}')))).listen({ fd: made.fd }, () => say('taken'));`);
    expect(await thief.line()).toBe('taken');
    const logged: string[] = [];
    const log = (level: string, message: string): void => void logged.push(`${level}: ${message}`);
    const server = await startServer(options({ addresses: [NAME, path], log, retryMs: 20 }));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain(`error: the socket name ${NAME} is taken by pid ${thief.child.pid} of uid ${NOBODY}`);
    expect(await asRoot(path)).toBe('root x\n');
    await expect(asRoot(NAME)).rejects.toThrow(new RegExp(`pid ${thief.child.pid} of uid ${NOBODY} answers there`));
    expect(await listens({ addresses: [NAME], trusted: [0], native: () => native })).toBe(false);
    await thief.end();
    while (logged.length < 2) await pause(20);
    expect(logged[1]).toContain('is free');
    expect(await asRoot(NAME)).toBe('root x\n');
    await server.close();
    expect(existsSync(path)).toBe(false);
  });
});

test('a name that is bound and not listened on does not stop the daemon either', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'socket');
    const thief = spawn(
      'python3',
      [
        '-c',
        `import socket,os,sys,time; os.setuid(${NOBODY}); s=socket.socket(socket.AF_UNIX); s.bind("\\0${NAME.slice(1)}/bound"); print("bound",flush=True); time.sleep(600)`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(thief.stdout, 'data');
    const server = await startServer(options({ addresses: [`${NAME}/bound`, path] }));
    expect(await asRoot(path)).toBe('root x\n');
    await server.close();
    thief.kill('SIGKILL');
    await once(thief, 'exit');
  });
});

describe('a daemon with a simulated SAN', () => {
  let folder: string;
  let socket: string;
  let daemon: ChildProcess;
  let text = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mpathd-users-'));
    socket = `${NAME}/daemon`;
    daemon = spawn(process.execPath, [join(DIST, 'mpathd.js'), '--simulate', '--socket', socket], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    daemon.stderr?.on('data', (bytes: Buffer) => (text += bytes.toString()));
    while (!text.includes('ready after')) await pause(50);
  });
  afterAll(async () => {
    daemon.kill('SIGTERM');
    await once(daemon, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens `count` connections at once, and says how many were refused, in the words of the first refusal. */
  const flood = (count: number, onConnect: string): string => `
    let refused = 0, open = 0, words = '';
    const tell = () => { if (open + refused === ${count}) say(JSON.stringify({ open, refused, words })); };
    for (let n = 0; n < ${count}; n++) {
      const { fd, errno } = addon.connectAbstract(${JSON.stringify(`${NAME.slice(1)}/daemon`)});
      if (errno !== null) throw new Error(errno);
      const s = new net.Socket({ fd, readable: true, writable: true });
      let got = '';
      s.on('error', () => undefined);
      s.on('data', (bytes) => { got += bytes.toString('latin1'); });
      s.on('close', () => { refused++; words = words || got.slice(8, -1); tell(); });
      ${onConnect}
    }
    open = Math.min(${count}, 256); setInterval(tell, 50);`;

  test('idle connections of a user take only their own places', async () => {
    const flooder = asNobody(flood(600, ''));
    expect(JSON.parse(await flooder.line())).toEqual({
      open: 256,
      refused: 344,
      words: `fail\nrefused: too many connections of uid ${NOBODY}, 256 are open\n`,
    });
    for (let n = 0; n < 40; n++) expect(await asRoot(socket, 'show status')).toMatch(/^path checker states:/);
    await flooder.end();
  });

  test('answers that nobody reads do not keep root from its own', async () => {
    const flooder = asNobody(
      flood(
        256,
        `for (let k = 0; k < 40; k++) s.write(request('show paths format "' + '%w'.repeat(30) + '"')); s.pause();`,
      ).replace('setInterval(tell, 50)', "setTimeout(() => say('sent'), 500)"),
    );
    expect(await flooder.line()).toBe('sent');
    for (let n = 0; n < 40; n++) expect(await asRoot(socket, 'show maps json')).toMatch(/^\{/);
    await flooder.end();
    expect(await asRoot(socket, 'show daemon')).toMatch(/^pid /);
  });

  test('a user may look, and may change nothing', async () => {
    const one = (command: string): string => `
      const { fd } = addon.connectAbstract(${JSON.stringify(`${NAME.slice(1)}/daemon`)});
      const s = new net.Socket({ fd, readable: true, writable: true });
      let got = '';
      s.on('data', (bytes) => { got += bytes.toString('latin1'); if (got.endsWith('\\0')) { say(JSON.stringify(got.slice(8, -1))); s.end(); } });
      s.write(request(${JSON.stringify(command)}));`;
    const looking = asNobody(one('show daemon'));
    expect(JSON.parse(await looking.line())).toMatch(/^pid \d+ /);
    await looking.end();
    const changing = asNobody(one('shutdown'));
    expect(JSON.parse(await changing.line())).toBe('fail\npermission deny: need to be root\n');
    await changing.end();
    expect(daemon.exitCode).toBeNull();
  });
});
