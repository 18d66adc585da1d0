/**
 * The transport watcher in its shipped form, in network namespaces of its own. Needs root, ip(8), and the built addon
 * (the bundle is made here).
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';

const ROOT = join(__dirname, '..', '..');
const ADDON = join(ROOT, 'build', 'Release', 'mpathd.node');
const PATIENCE_MS = 20_000;
const BOTH_UP = [/veth-a can|"veth-a","carrier":true/, /"veth-b","carrier":true/];

const AS_THE_WATCHER = ['--reuid=65528', '--regid=65528', '--clear-groups'];

let directory = '';
let open: Host[] = [];

/** A program in the place of the daemon, in a network namespace of its own. It prints what the watcher reports. */
interface Host {
  process: ChildProcess;
  lines: string[];
  /** Waits for a line that matches, from line `from` on. */
  until(pattern: RegExp, from?: number): Promise<string>;
  /** Runs ip(8) in the namespace of this host. */
  ip(...args: string[]): void;
  watcherPid(): number | null;
}

const HOST_PROGRAM = `
import { createRequire } from 'node:module';
import { createTransportWatcher } from '${ROOT}/src/daemon/transportWatcher';
import { nodeFiles } from '${ROOT}/src/kernel/files';
const say = (text: string): void => void process.stdout.write(text + '\\n');
const { noNewPrivileges } = createRequire('/')(process.argv[3] ?? '');
const options = { program: process.argv[2] ?? '', noNewPrivileges, files: nodeFiles };
const watcher = createTransportWatcher(options, (level, message) => say(level + ' ' + message));
watcher.start((hint) => say(JSON.stringify(hint)));
process.stdin.on('data', () => { watcher.stop(); say('stopped'); });
`;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mpathd-transport-'));
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'bundle.js'), directory]);
  writeFileSync(join(directory, 'host.ts'), HOST_PROGRAM);
  buildSync({
    entryPoints: [join(directory, 'host.ts')],
    outfile: join(directory, 'host.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'warning',
  });
}, 60_000);

afterEach(() => {
  open.forEach((host) => host.process.kill('SIGKILL'));
  open = [];
});

afterAll(() => rmSync(directory, { recursive: true }));

function startHost(program = join(directory, 'mpathd-transport.js'), extra: number[] = [], by: string[] = []): Host {
  const child = spawn('unshare', ['-n', ...by, process.execPath, join(directory, 'host.js'), program, ADDON], {
    stdio: ['pipe', 'pipe', 'inherit', ...extra],
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  if (child.stdout === null || child.pid === undefined) throw new Error('unshare does not start');
  const { pid } = child;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    waiting.forEach((look) => look());
  });
  const host: Host = {
    process: child,
    lines,
    until: (pattern, from = 0) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`no line like ${pattern} among:\n${lines.join('\n')}`)),
          PATIENCE_MS,
        );
        const look = (): void => {
          const line = lines.slice(from).find((text) => pattern.test(text));
          if (line === undefined) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
        look();
      }),
    ip: (...args) => void execFileSync('nsenter', ['-t', String(pid), '-n', 'ip', ...args]),
    watcherPid: () => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()) || null,
  };
  open.push(host);
  return host;
}

async function ready(host: Host, from = 0): Promise<number> {
  await host.until(/^info transport watcher: network links and addresses: listening/, from);
  const pid = host.watcherPid();
  if (pid === null) throw new Error('no watcher');
  return pid;
}

async function gone(pid: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    try {
      // A zombie has ended. Its parent may reap it later.
      if (/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${pid} is still there`);
}

function bridgesExist(): boolean {
  return spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'br0', 'type', 'bridge']).status === 0;
}

function addVeth(host: Host): void {
  host.ip('link', 'add', 'veth-a', 'type', 'veth', 'peer', 'name', 'veth-b');
  host.ip('link', 'set', 'veth-a', 'up');
  host.ip('link', 'set', 'veth-b', 'up');
}

describe('events of a real kernel', () => {
  it('carrier lost and back on both ends of a cable, and removal of the cable', async () => {
    const host = startHost();
    await ready(host);
    addVeth(host);
    for (const pattern of BOTH_UP) await host.until(pattern);
    host.ip('link', 'set', 'veth-b', 'down');
    await host.until(/^\{"kind":"link","ifname":"veth-a","carrier":false,"operstate":"(lowerlayerdown|down)"\}$/);
    await host.until(/"ifname":"veth-b","carrier":false,"operstate":"down"/);
    const from = host.lines.length;
    host.ip('link', 'set', 'veth-b', 'up');
    await host.until(/"ifname":"veth-a","carrier":true,"operstate":"up"/, from);
    host.ip('link', 'del', 'veth-a');
    await host.until(/"ifname":"veth-a","carrier":false/, from);
  }, 60_000);

  it('addresses added and removed, of both families; lo up and down', async () => {
    const host = startHost();
    await ready(host);
    host.ip('link', 'set', 'lo', 'up');
    await host.until(/^\{"kind":"link","ifname":"lo","carrier":true,"operstate":"unknown"\}$/);
    host.ip('addr', 'add', '192.0.2.1/24', 'dev', 'lo');
    await host.until(/^\{"kind":"address","ifname":"lo","address":"192.0.2.1","present":true\}$/);
    host.ip('addr', 'del', '192.0.2.1/24', 'dev', 'lo');
    await host.until(/"address":"192.0.2.1","present":false/);
    host.ip('addr', 'add', '2001:db8::1/64', 'dev', 'lo', 'nodad');
    await host.until(/^\{"kind":"address","ifname":"lo","address":"2001:db8::1","present":true\}$/);
    host.ip('link', 'set', 'lo', 'down');
    await host.until(/"ifname":"lo","carrier":false/);
    expect(host.lines.filter((line) => line.includes('127.0.0.1'))).toEqual([]);
  }, 60_000);

  it('devices and addresses from before it listened are no news', async () => {
    const host = startHost();
    const first = await ready(host);
    addVeth(host);
    host.ip('addr', 'add', '192.0.2.7/24', 'dev', 'veth-a');
    await host.until(/192.0.2.7/);
    const from = host.lines.length;
    process.kill(first, 'SIGKILL');
    await ready(host, from);
    host.ip('link', 'set', 'veth-a', 'mtu', '1400');
    host.ip('addr', 'del', '192.0.2.7/24', 'dev', 'veth-a');
    await host.until(/192.0.2.7","present":false/, from);
    expect(host.lines.slice(from).filter((line) => line.includes('"carrier":true'))).toEqual([]);
  }, 60_000);

  it("a container's end in a bridge is no news", async () => {
    if (!bridgesExist()) {
      process.stdout.write("not tried: a container's end in a bridge is no news (this kernel has no bridges)\n");
      return;
    }
    const host = startHost();
    await ready(host);
    host.ip('link', 'add', 'veth-a', 'type', 'veth', 'peer', 'name', 'veth-b');
    host.ip('link', 'add', 'br0', 'type', 'bridge');
    host.ip('link', 'set', 'veth-b', 'master', 'br0');
    host.ip('link', 'set', 'veth-b', 'up');
    host.ip('link', 'set', 'veth-a', 'up');
    await host.until(/"veth-a","carrier":true/);
    host.ip('link', 'set', 'br0', 'up');
    await host.until(/"br0","carrier":true/);
    host.ip('link', 'set', 'veth-a', 'down');
    await host.until(/"veth-a","carrier":false/);
    expect(host.lines.filter((line) => line.includes('veth-b'))).toEqual([]);
  }, 60_000);
});

describe('the child', () => {
  it('is started again after kill -9, has the daemon check the paths, and reports events again', async () => {
    const host = startHost();
    const first = await ready(host);
    process.kill(first, 'SIGKILL');
    await host.until(/^warning the transport watcher has ended \(SIGKILL\)/);
    const from = host.lines.length;
    const second = await ready(host, from);
    expect(second).not.toBe(first);
    await host.until(/^\{"kind":"missed"\}$/, from);
    addVeth(host);
    await host.until(/"ifname":"veth-a","carrier":true/, from);
    process.kill(second, 'SIGKILL');
    await ready(host, host.lines.length);
    expect(host.lines.filter((line) => line.startsWith('warning'))).toHaveLength(1);
  }, 60_000);

  it('dies of an overrun and comes back: the daemon checks the paths', async () => {
    const host = startHost();
    const first = await ready(host);
    host.ip('link', 'set', 'lo', 'up');
    await host.until(/"ifname":"lo"/);
    const from = host.lines.length;
    process.kill(first, 'SIGSTOP');
    const batch = Array.from(
      { length: 20_000 },
      (_, i) => `addr ${i % 2 === 0 ? 'add' : 'del'} 198.51.100.7/32 dev lo`,
    ).join('\n');
    execFileSync('nsenter', ['-t', String(host.process.pid), '-n', 'ip', '-batch', '-'], { input: batch });
    process.kill(first, 'SIGCONT');
    await host.until(/^warning the transport watcher has ended \((SIGABRT|exit code 1)\)/, from);
    await ready(host, from);
    await host.until(/"kind":"missed"/, from);
    host.ip('addr', 'add', '203.0.113.9/32', 'dev', 'lo');
    await host.until(/203.0.113.9/, from);
  }, 60_000);

  it('ends when its parent is killed, and when its parent stops it', async () => {
    const killed = startHost();
    const first = await ready(killed);
    killed.process.kill('SIGKILL');
    await gone(first);

    const stopped = startHost();
    const second = await ready(stopped);
    stopped.process.stdin?.write('\n');
    await stopped.until(/^stopped$/);
    await gone(second);
  }, 60_000);

  it('is not ended by signals to the whole group, because the daemon decides', async () => {
    const host = startHost();
    const pid = await ready(host);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(pid, signal);
    host.ip('link', 'set', 'lo', 'up');
    await host.until(/"ifname":"lo"/);
    expect(host.watcherPid()).toBe(pid);
  }, 60_000);

  it('runs as a user of its own in all threads, can gain no right, and is the first to be killed for memory', async () => {
    const host = startHost();
    const pid = await ready(host);
    const threads = readdirSync(`/proc/${pid}/task`);
    expect(threads.length).toBeGreaterThan(4);
    for (const thread of threads) {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
      expect(status).toMatch(/^Uid:\t65528\t65528\t65528\t65528$/m);
      expect(status).toMatch(/^Gid:\t65528\t65528\t65528\t65528$/m);
      expect(status).toMatch(/^Groups:\s*$/m);
      for (const set of ['Inh', 'Prm', 'Eff', 'Amb']) expect(status).toMatch(new RegExp(`^Cap${set}:\\t0+$`, 'm'));
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    }
    // The files of a process that must not be traced belong to root (proc(5)).
    expect(statSync(`/proc/${pid}/environ`).uid).toBe(0);
    const traced = spawnSync('setpriv', [...AS_THE_WATCHER, 'cat', `/proc/${pid}/environ`], { encoding: 'utf8' });
    expect([traced.status, traced.stderr]).toEqual([1, expect.stringContaining('Permission denied')]);
    addVeth(host);
    for (const pattern of BOTH_UP) await host.until(pattern);
    expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim()).toBe('1000');
    // Field 41: scheduling policy, 0 is SCHED_OTHER (proc(5)).
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    expect(afterName[41 - 3]).toBe('0');
    expect(
      readFileSync(`/proc/${pid}/environ`, 'latin1')
        .split('\0')
        .map((entry) => entry.split('=')[0])
        .filter(Boolean)
        .sort(),
    ).toEqual([]);
  }, 60_000);

  it('inherits neither the descriptors that systemd hands to the daemon nor files of the daemon', async () => {
    const lock = join(directory, 'lock');
    const fds = [openSync(lock, 'w'), openSync(lock, 'r')];
    try {
      const host = startHost(undefined, fds);
      const pid = await ready(host);
      const targets = (of: number): string[] =>
        readdirSync(`/proc/${of}/fd`).flatMap((fd) => {
          try {
            return [readlinkSync(`/proc/${of}/fd/${fd}`)];
          } catch {
            return [];
          }
        });
      expect(targets(host.process.pid ?? 0).filter((target) => target === lock)).toHaveLength(2);
      expect(targets(pid).filter((target) => target === lock)).toEqual([]);
      expect(targets(pid).filter((target) => target.startsWith('/') && target !== '/dev/null')).toEqual([]);
      // The channel to the daemon, the socket for links and addresses, and the socket for FC if the kernel has it.
      const sockets = targets(pid).filter((target) => target.startsWith('socket:')).length;
      expect([2, 3]).toContain(sockets);
    } finally {
      fds.forEach(closeSync);
    }
  }, 60_000);
});

describe('the side of the daemon', () => {
  it('is not kept alive by the child', async () => {
    const host = startHost();
    const pid = await ready(host);
    const ended = new Promise((resolve) => host.process.once('exit', resolve));
    host.process.stdin?.end();
    await ended;
    await gone(pid);
  }, 60_000);

  it('goes on without a missing child, and says so', async () => {
    const host = startHost(join(directory, 'missing.js'));
    const line = await host.until(/^warning/);
    expect(line).toMatch(/cannot be started: ENOENT.*paths are checked at their intervals only/);
    expect(host.process.exitCode).toBeNull();
  }, 60_000);

  it.each([
    ['a line without end', "const text = 'x'.repeat(1 << 16); const more = () => channel.write(text, more); more();"],
    ['very many lines', "channel.write('\\n'.repeat(1 << 16));"],
  ])(
    'ends a child that sends %s',
    async (_what, code) => {
      const hostile = join(directory, 'hostile.js');
      writeFileSync(
        hostile,
        `const channel = new (require('node:net').Socket)({ fd: 3 });\n${code}\nsetInterval(() => 0, 1e6);\n`,
      );
      const host = startHost(hostile);
      expect(await host.until(/^warning/)).toMatch(/has ended \(it sent too long a line, or too many at once\)/);
      expect(host.watcherPid()).toBeNull();
    },
    60_000,
  );

  it('hears nothing of a child that cannot give up the rights of root', async () => {
    const host = startHost(undefined, [], ['capsh', '--drop=cap_setuid', '--', '-c', 'exec "$@"', 'sh']);
    expect(await host.until(/^warning/)).toMatch(/has ended \(it cannot give up root's rights without CAP_SETUID/);
  }, 60_000);

  it('goes on without a child that ends at once, and says so', async () => {
    const broken = join(directory, 'broken.js');
    writeFileSync(broken, 'process.exit(3);\n');
    const host = startHost(broken);
    expect(await host.until(/^warning/)).toMatch(/has ended \(exit code 3\)/);
  }, 60_000);
});
