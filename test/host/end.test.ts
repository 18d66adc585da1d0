/**
 * The daemon's end, whatever hangs: files that do not answer, libuv's threads, a log that nobody reads, an event loop
 * that never comes round. Needs root and the built addon (the bundle is made here).
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadAddon } from '../../src/kernel/native';
import { hungDirectories } from './hungDirectory';

const ROOT = join(__dirname, '..', '..');
const PATIENCE_MS = 100_000;
/** The daemon ends within 2 s. The machine may be busy; without the bound it would not end at all. */
const END_MS = 30_000;

/** What breaks the daemon at SIGUSR2, or from its start, by MODE. HUNG: a directory that does not answer. */
const PRELOAD = `
const { readFile } = require('node:fs');
const occupy = () => { for (let n = 0; n < 8; n++) readFile(process.env.HUNG + '/x', () => undefined); };
const modes = {
  none: () => undefined,
  pool: occupy,
  throw: () => { throw new Error('boom'); },
  spin: () => process.on('SIGTERM', () => setImmediate(() => { for (;;); })),
};
const mode = modes[process.env.MODE];
if (process.env.MODE === 'pool') mode(); else process.on('SIGUSR2', mode);
`;

const hung = hungDirectories();
let folder = '';
let children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mpathd-end-'));
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'bundle.js'), folder]);
  writeFileSync(join(folder, 'preload.js'), PRELOAD);
  writeFileSync(join(folder, 'good.conf'), 'defaults {\n\tfind_multipaths on\n}\n');
}, 60_000);
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
});
afterAll(async () => {
  await hung.releaseAll();
  rmSync(folder, { recursive: true });
});

interface Daemon {
  child: ChildProcess;
  address: string;
  log(): string;
  says(text: RegExp): Promise<void>;
  /** [exit code, signal] */
  ended(): Promise<unknown[]>;
}

let count = 0;

function start(mode: string, args: readonly string[], hungPath = '/nowhere', stderr: number | 'pipe' = 'pipe'): Daemon {
  const address = `@mpathd-end-${process.pid}-${++count}`;
  const child = spawn(
    process.execPath,
    ['-r', join(folder, 'preload.js'), join(folder, 'mpathd.js'), '--simulate', '--socket', address, ...args],
    { env: { ...process.env, MODE: mode, HUNG: hungPath }, stdio: ['ignore', 'ignore', stderr] },
  );
  children.push(child);
  let text = '';
  child.stderr?.on('data', (bytes: Buffer) => (text += bytes.toString()));
  const exit = once(child, 'exit');
  return {
    child,
    address,
    log: () => text,
    says: async (wanted) => {
      for (const end = Date.now() + PATIENCE_MS; !wanted.test(text); await sleep(20))
        if (Date.now() > end) throw new Error(`${String(wanted)} does not come:\n${text}`);
    },
    ended: () =>
      Promise.race([
        exit,
        sleep(END_MS, null, { ref: false }).then(() => Promise.reject(new Error(`it goes on:\n${text}`))),
      ]),
  };
}

/** Whether somebody listens on the abstract address. */
const answers = ({ address }: Daemon): boolean => {
  const connected = loadAddon().connectAbstract(address.slice(1));
  if (connected.errno === null) closeSync(connected.fd);
  return connected.errno === null;
};

const ctl = ({ address }: Daemon, ...words: string[]): string =>
  spawnSync(process.execPath, [join(folder, 'mpathctl.js'), ...words, '--socket', address], {
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  }).stdout;

test('no thread of libuv is needed: with all of them hung the daemon starts, reads files, saves, and ends', async () => {
  const { path } = await hung.mount();
  const daemon = start('pool', ['--config', join(folder, 'good.conf')], path);
  await daemon.says(/ready after/);
  daemon.child.kill('SIGHUP');
  await daemon.says(/SIGHUP received/);
  expect(ctl(daemon, 'journal', 'save', join(folder, 'saved.journal'))).toMatch(/^\d+ inputs/);
  expect(ctl(daemon, 'reconfigure')).not.toMatch(/fail/);
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended()).toEqual([0, null]);
});

test('a start whose configuration does not answer says so and fails', async () => {
  const { path } = await hung.mount();
  const daemon = start('none', ['--config', join(path, 'multipath.conf')]);
  await daemon.says(/multipath\.conf.*no answer for 10000 ms.*its file system does not answer/s);
  expect(daemon.log()).toContain(join(path, 'multipath.conf'));
  expect(await daemon.ended()).toEqual([1, null]);
});

test('SIGTERM ends a start that waits for its configuration', async () => {
  const { path } = await hung.mount();
  const daemon = start('none', ['--config', join(path, 'multipath.conf')]);
  await daemon.says(/started, pid/);
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended()).toEqual([0, null]);
});

test('a configuration that hangs later leaves the old one in force, is shown, and SIGTERM ends the daemon', async () => {
  const { path } = await hung.mount();
  const config = join(folder, 'link.conf');
  symlinkSync(join(folder, 'good.conf'), config);
  const daemon = start('none', ['--config', config]);
  await daemon.says(/ready after/);
  symlinkSync(join(path, 'x'), `${config}.new`);
  renameSync(`${config}.new`, config);
  daemon.child.kill('SIGHUP');
  await daemon.says(/reconfigure failed/);
  expect(daemon.log()).toMatch(/link\.conf/);
  expect(ctl(daemon, 'status')).toMatch(/no answer +read .*link\.conf for /);
  expect(JSON.parse(ctl(daemon, 'status', '--json'))).toMatchObject({
    unanswered: [{ operation: 'read', device: config }],
  });
  expect(ctl(daemon, 'maps')).toContain('3600a098000aa00000000000000000001');
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended()).toEqual([0, null]);
});

test('a fault gives up the socket first, and ends the daemon while its journal hangs', async () => {
  const { path } = await hung.mount();
  const daemon = start('throw', ['--journal-dump', path]);
  await daemon.says(/ready after/);
  expect(answers(daemon)).toBe(true);
  daemon.child.kill('SIGUSR2');
  await daemon.says(/boom/);
  expect(answers(daemon)).toBe(false);
  expect(await daemon.ended()).toEqual([1, null]);
});

test('an event loop that never comes round ends with the rest', async () => {
  const daemon = start('spin', []);
  await daemon.says(/ready after/);
  daemon.child.kill('SIGUSR2');
  await sleep(500);
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended()).toEqual([0, null]);
});

test('a log that nobody reads holds up neither the daemon nor its end', async () => {
  const fifo = join(folder, 'log');
  execFileSync('mkfifo', [fifo]);
  const ours = openSync(fifo, 'r+');
  const filler = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    for (;;) writeSync(filler, Buffer.alloc(4_096));
  } catch (error) {
    expect(error).toMatchObject({ code: 'EAGAIN' });
  }
  const daemon = start('none', [], '/nowhere', ours);
  while (!answers(daemon)) await sleep(50);
  expect(ctl(daemon, 'maps')).toContain('mpath');
  expect(JSON.parse(ctl(daemon, 'status', '--json'))).toMatchObject({
    lanes: expect.arrayContaining([expect.objectContaining({ name: 'log', busy: 1 })]) as unknown,
  });
  daemon.child.kill('SIGTERM');
  expect(await daemon.ended()).toEqual([0, null]);
  closeSync(ours);
  closeSync(filler);
});
