/**
 * What clients of one user can do to the daemon: 400 maps of 4 paths, simulated, and 4,000 connections that ask for the
 * largest answer in a loop. Prints how long root waits for `show status`, how long an event from another thread waits
 * for the engine's thread, the longest time in which the event loop did nothing else, and the memory. Needs root.
 *
 * One program in several processes: the driver, which is root's client, too; the daemon; and the clients, as another
 * user and at the lowest priority, so that the daemon is measured and not the machine's two cores.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, chmodSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, setPriority } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { simulatedBase } from '../../src/cli/daemon/simulatedKernel';
import { createDaemon } from '../../src/daemon/daemon';
import type { DaemonLog } from '../../src/daemon/logger';
import { clientLimits } from '../../src/ipc/admission';
import { ask } from '../../src/ipc/client';
import type { DaemonControl } from '../../src/ipc/control';
import { encode } from '../../src/ipc/framing';
import { startServer } from '../../src/ipc/server';
import { createSession } from '../../src/ipc/session';
import { plainAccess } from '../../src/kernel/fileAccess';
import { loadAddon } from '../../src/kernel/native';

const MAPS = Number(process.env['BENCH_MAPS'] ?? 400);
const PATHS = 4;
const CONNECTIONS = Number(process.env['BENCH_CLIENTS'] ?? 4_000);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 30);
/** Of the clients; the daemon's is 0. */
const NICE = Number(process.env['BENCH_NICE'] ?? 19);
const REQUEST = process.env['BENCH_REQUEST'] ?? 'show maps json';
const CLIENT_PROCESSES = 4;
const NOBODY = 65_534;
/** Another thread sends an event to the daemon's thread this often, ms, and root asks this often. */
const PROBE_MS = 10;
/** When a client that was hung up on connects again, ms. */
const AGAIN_MS = 100;
const ADDON = process.env['BENCH_ADDON'] ?? join(process.cwd(), 'build', 'Release', 'mpathd.node');

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const MIB = 1 << 20;

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

// ---- the daemon ---------------------------------------------------------------------------------------------------

/** What the daemon's process saw since the last report: waits of events, and the longest gap of the loop, ms. */
interface Report {
  events: number[];
  gap: number;
}

async function runDaemon(scenario: string, socket: string): Promise<void> {
  const log: DaemonLog = {
    log: () => undefined,
    setLevel: () => undefined,
    dropped: () => 0,
    end: () => Promise.resolve(),
  };
  const base = simulatedBase(scenario, { config: null, configDirectory: null }, log, plainAccess);
  let tellReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => (tellReady = resolve));
  const daemon = createDaemon({
    ...base,
    service: {
      ready: () => tellReady(),
      status: () => undefined,
      stopping: () => undefined,
      feedWatchdog: () => undefined,
      watchdogIntervalMs: 1_000,
    },
    log: () => undefined,
  });
  const control: DaemonControl = {
    shutdown: () => undefined,
    daemonState: () => 'idle',
    pid: process.pid,
    version: 'bench',
    now: daemon.now,
    startedAt: daemon.startedAt,
    listeners: daemon.listeners,
    lanes: () => [],
    unanswered: () => [],
    droppedLogLines: () => 0,
    saveJournal: () => Promise.reject(new Error('no journal')),
    plan: daemon.plan,
    explain: daemon.explain,
    log: () => undefined,
  };
  await startServer({
    session: createSession({ ...daemon, tables: () => daemon.tables, control }),
    native: loadAddon(ADDON),
    addresses: [socket],
    inputs: daemon.inputs,
    clients: clientLimits(20_000),
    log: () => undefined,
  });
  await daemon.start();
  await ready;
  for (let settled = 0; settled < 20; await pause(100)) settled = daemon.tables.maps.size === MAPS ? settled + 1 : 0;
  watchLoop();
  process.send?.('ready');
}

/** Keeps a {@link Report}, and sends it when the driver asks. */
function watchLoop(): void {
  let report: Report = { events: [], gap: 0 };
  // A thread of the addon wakes the event loop in the same way.
  const sender = new Worker(
    `const { parentPort } = require('node:worker_threads');
     setInterval(() => parentPort.postMessage(process.hrtime.bigint()), ${PROBE_MS});`,
    { eval: true },
  );
  const since = (from: bigint): number => Number(process.hrtime.bigint() - from) / 1e6;
  sender.on('message', (sent: bigint) => report.events.push(since(sent)));
  let last = process.hrtime.bigint();
  setInterval(() => {
    report.gap = Math.max(report.gap, since(last));
    last = process.hrtime.bigint();
  }, 5);
  process.on('message', () => {
    process.send?.(report);
    report = { events: [], gap: 0 };
  });
}

// ---- the clients --------------------------------------------------------------------------------------------------

function runClients(socket: string, count: number): void {
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
  const counts = { replies: 0, refused: 0 };
  const request = encode(REQUEST);
  const loop = (): void => {
    const client = connect({ path: socket });
    let left = 0;
    client.on('connect', () => client.write(request));
    client.on('data', (chunk: Buffer) => {
      if (left === 0) {
        left = 8 + Number(chunk.readBigUInt64LE(0));
        if (left < 200) counts.refused++;
        else counts.replies++;
      }
      left -= chunk.length;
      if (left > 0) return;
      left = 0;
      client.write(request);
    });
    // A client that is hung up on before it has asked was refused. It comes again at once, but not so fast that it
    // keeps its own process from reading.
    client.on('error', () => counts.refused++);
    client.on('close', () => setTimeout(loop, AGAIN_MS));
  };
  for (let n = 0; n < count; n++) loop();
  process.on('message', () => process.send?.(counts));
}

// ---- the driver ---------------------------------------------------------------------------------------------------

function start(...args: string[]): ChildProcess {
  return fork(process.argv[1] ?? '', args, { serialization: 'advanced' });
}

function answer<T>(child: ChildProcess): Promise<T> {
  const result = new Promise<T>((resolve) => child.once('message', (message) => resolve(message as T)));
  child.send('report');
  return result;
}

function residentMiB(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

interface Phase extends Report {
  root: number[];
  failed: number;
  residentMiB: number;
}

/** Root asks, one request after the other, each on a connection of its own. */
async function observe(daemon: ChildProcess, socket: string, seconds: number): Promise<Phase> {
  const options = { addresses: [socket], trusted: [0], timeoutMs: 60_000, native: () => loadAddon(ADDON) };
  const phase = { root: [] as number[], failed: 0, residentMiB: 0 };
  await answer<Report>(daemon);
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await pause(PROBE_MS)) {
    const begin = performance.now();
    const reply = await ask('show status', options).catch(() => '');
    if (!reply.startsWith('path checker')) phase.failed++;
    phase.root.push(performance.now() - begin);
    phase.residentMiB = Math.max(phase.residentMiB, residentMiB(daemon.pid));
  }
  return { ...phase, ...(await answer<Report>(daemon)) };
}

function print(name: string, phase: Phase): void {
  const figures = [
    `root p50 ${percentile(phase.root, 0.5).toFixed(1)} p99 ${percentile(phase.root, 0.99).toFixed(1)} max ${percentile(phase.root, 1).toFixed(1)} ms (${phase.root.length} asked, ${phase.failed} failed)`,
    `events p50 ${percentile(phase.events, 0.5).toFixed(1)} p99 ${percentile(phase.events, 0.99).toFixed(1)} max ${percentile(phase.events, 1).toFixed(1)} ms`,
    `longest gap ${phase.gap.toFixed(0)} ms`,
    `resident ${phase.residentMiB.toFixed(0)} MiB`,
  ];
  process.stdout.write(`${name.padEnd(8)} ${figures.join('; ')}\n`);
}

async function drive(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mpathd-clients-'));
  chmodSync(folder, 0o755);
  const scenario = join(folder, 'san.json');
  const socket = join(folder, 'socket');
  const luns = Array.from({ length: MAPS }, (_, n) => ({
    name: `lun${n}`,
    wwid: `3600${n.toString(16).padStart(13, '0')}`,
    paths: PATHS,
  }));
  writeFileSync(scenario, JSON.stringify({ luns }));
  const daemon = start('daemon', scenario, socket);
  const children = [daemon];
  try {
    await new Promise((resolve) => daemon.once('message', resolve));
    const options = { addresses: [socket], trusted: [0], timeoutMs: 60_000, native: () => loadAddon(ADDON) };
    const length = (await ask(REQUEST, options)).length;
    process.stdout.write(`${MAPS} maps x ${PATHS} paths; "${REQUEST}" has ${(length / MIB).toFixed(2)} MiB\n`);
    print('idle', await observe(daemon, socket, 5));
    const clients = Array.from({ length: CLIENT_PROCESSES }, () =>
      start('clients', socket, String(CONNECTIONS / CLIENT_PROCESSES)),
    );
    children.push(...clients);
    for (const { pid } of clients) if (pid !== undefined) setPriority(pid, NICE);
    print('flood', await observe(daemon, socket, SECONDS));
    const counts = await Promise.all(clients.map((child) => answer<{ replies: number; refused: number }>(child)));
    const sum = (of: 'replies' | 'refused'): number => counts.reduce((total, count) => total + count[of], 0);
    process.stdout.write(`         ${sum('replies')} answers to the clients, ${sum('refused')} refusals\n`);
    for (const child of clients) child.kill('SIGKILL');
    await pause(10_000);
    print('after', await observe(daemon, socket, 5));
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

const [role, ...args] = process.argv.slice(2);
if (role === 'daemon') void runDaemon(args[0] ?? '', args[1] ?? '');
else if (role === 'clients') runClients(args[0] ?? '', Number(args[1]));
else void drive();
