/**
 * The daemon in its shipped form, on a simulated SAN. A module that is loaded before it (node -r) waits for SIGUSR2 and
 * breaks it. Needs root and the built addon (the bundle is made here).
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../../src/ipc/client';
import { loadAddon } from '../../src/kernel/native';

const ROOT = join(__dirname, '..', '..');
const PATIENCE_MS = 30_000;

/** The effect of SIGUSR2, by MODE. Through Map.prototype the module reaches the engine inside its bundle. */
const PRELOAD = `
const { get, set } = Map.prototype;
const paths = new Set();
Map.prototype.set = function (key, value) {
  if (value !== null && typeof value === 'object' && 'dmState' in value && 'check' in value) paths.add(value);
  return set.call(this, key, value);
};
const throwAt = (wanted) => {
  Map.prototype.get = function (key) {
    if (wanted(key)) throw new Error('boom in the engine');
    return get.call(this, key);
  };
};
const modes = {
  exception: () => { throw new Error('boom outside'); },
  rejection: () => void Promise.reject(new Error('boom outside')),
  command: () => throwAt((key) => key === 'boom'),
  event: () => throwAt((key) => typeof key === 'string' && /^\\d+:\\d+#\\d+$/.test(key)),
  // Again and again: a reading of the map puts it right.
  rule: () => void setInterval(() => { for (const path of paths) path.map = 'mpath-nobody'; }, 20),
};
process.on('SIGUSR2', modes[process.env.MODE]);
`;

let directory = '';
let daemons: Daemon[] = [];

interface Daemon {
  process: ChildProcess;
  dumps: string;
  socket: string;
  log(): string;
  ctl(...args: string[]): { code: number | null; out: string; err: string };
  exited(): Promise<number | null>;
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mpathd-crash-'));
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'bundle.js'), directory]);
  writeFileSync(join(directory, 'preload.js'), PRELOAD);
}, 60_000);

afterEach(() => {
  daemons.forEach((daemon) => daemon.process.kill('SIGKILL'));
  daemons = [];
});

afterAll(() => rmSync(directory, { recursive: true }));

async function waitFor<T>(what: string, look: () => T | undefined, log: () => string): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(50)) {
    const found = look();
    if (found !== undefined) return found;
  }
  throw new Error(`${what} does not come; the daemon's log:\n${log()}`);
}

/** Starts a daemon with the preloaded module, and waits until it is ready and makes its maps. */
async function start(mode: string): Promise<Daemon> {
  const dumps = mkdtempSync(join(directory, 'dumps-'));
  const socket = join(dumps, 'socket');
  const args = [
    '-r',
    join(directory, 'preload.js'),
    join(directory, 'mpathd.js'),
    '--simulate',
    '--socket',
    socket,
    '--journal-dump',
    join(dumps, 'here'),
    '--polling-interval',
    '0.2',
    '--log-style',
    'plain',
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, MODE: mode },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const log = (): string => text;
  const daemon: Daemon = {
    process: child,
    dumps: join(dumps, 'here'),
    socket,
    log,
    ctl: (...words) => {
      const run = spawnSync(process.execPath, [join(directory, 'mpathctl.js'), ...words, '--socket', socket], {
        encoding: 'utf8',
        timeout: PATIENCE_MS,
      });
      return { code: run.status, out: run.stdout, err: run.stderr };
    },
    exited: () =>
      Promise.race([
        exit,
        sleep(PATIENCE_MS, null, { ref: false }).then(() => Promise.reject(new Error(`it goes on:\n${text}`))),
      ]),
  };
  daemons.push(daemon);
  await waitFor('a map', () => (text.includes('ready after') && text.includes(': create [') ? true : undefined), log);
  return daemon;
}

const journalOf = (daemon: Daemon, name: string): string => join(daemon.dumps, name);

describe('a daemon that breaks ends, and its journal is saved and replays', () => {
  test.each([
    ['an exception outside of the engine', 'exception', 'boom outside', 'byte for byte the tables that the daemon had'],
    ['a rejection that nobody handles', 'rejection', 'boom outside', 'byte for byte the tables that the daemon had'],
    // The fault is in the preloaded module. Without this module the same inputs do no harm.
    [
      'an exception of the engine at an event',
      'event',
      'boom in the engine',
      'the daemon ended while it worked on the last input',
    ],
    [
      'an exception of the engine at a command, whose client waits',
      'command',
      'boom in the engine',
      'the daemon ended while it worked on the last input',
    ],
  ])(
    '%s',
    async (_what, mode, message, verdict) => {
      const daemon = await start(mode);
      daemon.process.kill('SIGUSR2');
      if (mode === 'command') {
        await sleep(200);
        await expect(
          ask('del path boom', { addresses: [daemon.socket], timeoutMs: PATIENCE_MS, trusted: [0], native: loadAddon }),
        ).rejects.toThrow();
      }
      expect(await daemon.exited()).toBe(1);
      expect(daemon.log()).toContain(message);
      const file = journalOf(daemon, 'crash.journal');
      expect(daemon.log()).toContain(`the journal is in ${file}`);
      expect([readdirSync(daemon.dumps), statSync(file).mode & 0o777]).toEqual([['crash.journal'], 0o600]);
      const replayed = daemon.ctl('replay', file);
      expect([replayed.code, replayed.err]).toEqual([0, '']);
      expect(replayed.out).toMatch(/ when it crashed\ninternal error: Error: boom/);
      expect(replayed.out).toContain(verdict);
      if (mode === 'command') expect(replayed.out).toMatch(/^#\d+ \S+ command 1: del-path boom$/m);
      expect(replayed.out).toMatch(/^ {4}> create-map /m);
    },
    90_000,
  );

  test('a broken rule is saved once, and the daemon goes on', async () => {
    const daemon = await start('rule');
    const file = journalOf(daemon, 'invariant.journal');
    daemon.process.kill('SIGUSR2');
    await waitFor('the journal', () => (existsSync(file) ? true : undefined), daemon.log);
    const { ino } = statSync(file);
    await sleep(1_500);
    expect([readdirSync(daemon.dumps), statSync(file).ino]).toEqual([['invariant.journal'], ino]);
    expect(daemon.log().match(/an invariant is broken/g)).toHaveLength(1);
    expect(daemon.ctl('status').code).toBe(0);
    // No input spoiled the tables, so the replay differs. A fault of the engine itself would come again in the replay.
    const replayed = daemon.ctl('replay', file, '--quiet');
    expect([replayed.code, replayed.err]).toEqual([1, '']);
    expect(replayed.out).toMatch(
      / when an invariant was broken\nmembership-agrees: .*\n(.*\n)*NOT the tables that the daemon had/,
    );
  }, 90_000);
});

test('journal save saves the journal if there is room, for root, under a free name', async () => {
  const daemon = await start('exception');
  const file = join(daemon.dumps, '..', 'a b.journal');
  const saved = daemon.ctl('journal', 'save', file);
  expect([saved.code, saved.err]).toEqual([0, '']);
  expect(saved.out).toMatch(/^\d+ inputs, .* saved to /);
  expect(daemon.ctl('replay', file, '--quiet').out).toContain('byte for byte the tables that the daemon had');
  expect(daemon.ctl('journal', 'save', file)).toMatchObject({
    code: 1,
    err: expect.stringContaining('EEXIST (it is there already') as string,
  });
  // A file system with room for a few lines.
  const small = mkdtempSync(join(directory, 'small-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', small]);
  try {
    expect(daemon.ctl('journal', 'save', join(small, 'x'))).toMatchObject({
      code: 1,
      err: expect.stringMatching(/save .*\/x: ENOSPC/) as string,
    });
    expect(readdirSync(small)).toEqual([]);
    execFileSync('mount', ['-o', 'remount,ro', small]);
    expect(daemon.ctl('journal', 'save', join(small, 'x'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('EROFS') as string,
    });
  } finally {
    execFileSync('umount', [small]);
  }
  expect(daemon.ctl('journal', 'save', directory)).toMatchObject({
    code: 1,
    err: expect.stringContaining('EEXIST') as string,
  });
}, 90_000);
