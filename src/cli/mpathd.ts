/** The daemon's program: arguments, one daemon at a time, the socket, signals. */
import { daemonSetting } from '../config/effective';
import { createDaemon, type Daemon } from '../daemon/daemon';
import { oneAtATime } from '../daemon/latest';
import { createLaneWatch } from '../daemon/laneWatch';
import { createDaemonLog, detectStyle, formatLine, laneWriter, type DaemonLog, type LogStyle } from '../daemon/logger';
import { inheritedFds, listenAddresses } from '../ipc/addresses';
import { clientLimits } from '../ipc/admission';
import type { DaemonControl, DaemonState } from '../ipc/control';
import { startServer } from '../ipc/server';
import { createSession } from '../ipc/session';
import { createFileAccess, type FileAccess } from '../kernel/fileAccess';
import { type Addon, loadAddon } from '../kernel/native';
import { MpathdError } from '../model/failure';
import type { Tables } from '../model/tables';
import type { Base } from './daemon/base';
import { openFileLimit } from './daemon/openFileLimit';
import { levelOfVerbosity, parseArguments, UsageError, type DaemonArguments } from './daemon/options';
import { createJournalKeeper, type JournalKeeper } from './daemon/journalKeeper';
import { lockPidFile } from './daemon/lockPidFile';
import { realBase } from './daemon/realKernel';
import { showTopology } from './daemon/screen';
import { faultLines, writeError, writeOut } from './output';
import { createServiceManager } from './daemon/service';
import { simulatedBase } from './daemon/simulatedKernel';
import { VERSION } from './version';

/** Exit codes: 0 stopped as asked, 1 cannot run (the log says why), 2 wrong arguments. */
const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

const STDERR = 2;

/** The process has ended so long after the first sign of its end, ms, whatever hangs. */
const END_MS = 1_800;
/** How long the last log lines may take, ms. */
const LAST_LINES_MS = 300;
/** The time between two looks at the threads for calls that may hang, ms. */
const LANES_MS = 1_000;

async function main(): Promise<number> {
  const args = argumentsOrUsage();
  if (args === null) return EXIT.usage;
  const style =
    args.logStyle === 'auto' ? detectStyle(process.env, STDERR, process.stderr.isTTY === true) : args.logStyle;
  const addon = addonOrEnd(style);
  const log = createDaemonLog({ write: laneWriter(addon, STDERR), style, level: args.level ?? 'notice' });
  let code: number = EXIT.ok;
  try {
    await run(args, addon, log);
  } catch (error) {
    for (const line of error instanceof MpathdError ? [error.message] : faultLines(error)) log.log('error', line, null);
    code = EXIT.failed;
  }
  await log.end(LAST_LINES_MS);
  return addon.exitNow(code);
}

/** Without the addon there are no threads that write log lines, either. */
function addonOrEnd(style: LogStyle): Addon {
  try {
    return loadAddon();
  } catch (error) {
    if (!(error instanceof MpathdError)) throw error;
    writeError(`${formatLine(style, 'error', error.message, new Date())}\n`);
    return process.exit(EXIT.failed);
  }
}

function argumentsOrUsage(): DaemonArguments | null {
  try {
    return parseArguments(process.argv.slice(2), VERSION);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    writeError(`mpathd: ${error.message}\nTry \`mpathd --help\`.\n`);
    return null;
  }
}

async function run(args: DaemonArguments, addon: Addon, log: DaemonLog): Promise<void> {
  const real = args.simulate === null;
  if (real) requireRoot();
  const pidFile = real ? await lockPidFile(addon, log) : null;
  const refusal = addon.prepareEnd(pidFile?.fd ?? null);
  if (refusal !== null)
    log.log('warning', `no thread can be made (${refusal}): if a call hangs, the end of mpathd will wait for it`, null);
  const access = createFileAccess(addon);
  const base: Base =
    args.simulate === null ? await realBase(args, log, access) : simulatedBase(args.simulate, args, log, access);
  try {
    await serve(args, { addon, log, access, base });
  } finally {
    base.dispose();
    pidFile?.release();
  }
}

interface Parts {
  addon: Addon;
  log: DaemonLog;
  access: FileAccess;
  base: Base;
}

async function serve(args: DaemonArguments, { addon, log, access, base }: Parts): Promise<void> {
  const keeper = createJournalKeeper({
    access,
    limit: args.journalBytes,
    directory: args.journalDump,
    version: VERSION,
    pid: process.pid,
    now: base.kernel.clock.now,
    log: (level, message) => log.log(level, message, null),
  });
  const die = dieOfFaults(addon, log, keeper);
  const daemon = createDaemon({
    kernel: base.kernel,
    bindings: base.bindings,
    configuration: base.configuration,
    wwids: base.wwids,
    onCreation: base.onCreation,
    udevPresent: base.udevPresent,
    nativeNvme: base.nativeNvme,
    hints: base.hints,
    journal: args.journalBytes > 0 ? keeper.create : null,
    onBroken: (detail) => void keeper.dumpAsIs(detail),
    onFault: die,
    engine: {
      udevWaitMs: args.udevWaitMs,
      pollingMs: args.pollingMs,
      maxPollingMs: args.pollingMs === null ? null : 4 * args.pollingMs,
      interrupted: base.interrupted,
    },
    onConfigured: (configuration) =>
      log.setLevel(args.level ?? levelOfVerbosity(daemonSetting(configuration, 'verbosity').value)),
    service: createServiceManager(addon, process.env, process.pid, (line) => log.log('warning', line, null)),
    log: log.log,
    onReady: base.protect,
  });
  const stop = stopRequest(
    addon,
    log,
    oneAtATime(() => reconfigure(daemon, log)),
  );
  const control: DaemonControl = {
    shutdown: stop.request,
    daemonState: () => stateOf(daemon.tables),
    pid: process.pid,
    version: VERSION,
    now: daemon.now,
    startedAt: daemon.startedAt,
    listeners: daemon.listeners,
    lanes: addon.laneInfo,
    unanswered: () => [...daemon.unanswered(), ...access.deadlines.unanswered()],
    droppedLogLines: log.dropped,
    saveJournal: keeper.save,
    plan: daemon.plan,
    explain: daemon.explain,
    log: (level, message) => log.log(level, message, null),
  };
  const server = await startServer({
    session: createSession({
      tables: () => daemon.tables,
      configuration: daemon.configuration,
      rules: daemon.rules,
      settings: daemon.settings,
      submit: daemon.submit,
      control,
    }),
    native: addon,
    addresses: args.socket === null ? listenAddresses(process.env) : [args.socket],
    inherited: inheritedFds(process.env, process.pid),
    inputs: daemon.inputs,
    clients: clientLimits(openFileLimit()),
    log: (level, message) => log.log(level, message, null),
  });
  log.log('notice', `mpathd ${VERSION} started, pid ${process.pid}`, null);
  const hide = args.simulate === null ? () => undefined : showTopology(daemon.tables, writeOut);
  const lanes = createLaneWatch(addon.laneInfo, (level, message) => log.log(level, message, null));
  setInterval(lanes, LANES_MS).unref();
  await startUnlessStopped(daemon, stop.requested, keeper);
  await stop.requested;
  log.log('notice', 'stopping; maps and their I/O are left alone', null);
  hide();
  await daemon.stop();
  await server.close();
}

/** Also a start that waits for a file that does not answer can be stopped. */
async function startUnlessStopped(daemon: Daemon, stopped: Promise<void>, keeper: JournalKeeper): Promise<void> {
  const started = daemon.start().catch((error: unknown) => {
    if (!(error instanceof MpathdError)) keeper.dumpNow(faultLines(error).join('\n'));
    throw error;
  });
  await Promise.race([started, stopped]);
}

/** The reaction to SIGHUP, which `systemctl reload` sends. */
async function reconfigure(daemon: Daemon, log: DaemonLog): Promise<void> {
  log.log('notice', 'SIGHUP received: reconfigure', null);
  const result = await daemon.submit({ kind: 'reconfigure' });
  if (result.outcome === 'fail') log.log('warning', `reconfigure failed: ${result.message}`, null);
}

/**
 * An unforeseen exception ends the daemon, so that systemd starts it again. The maps stay as they are. What keeps a
 * successor out is given up first, because the journal may be on a file system that does not answer; the bound ends the
 * process also then.
 */
function dieOfFaults(addon: Addon, log: DaemonLog, keeper: JournalKeeper): (error: unknown) => void {
  let dying = false;
  const die = (error: unknown): void => {
    if (dying) return;
    dying = true;
    addon.endWithin(EXIT.failed, END_MS);
    addon.releaseToSuccessor();
    for (const line of faultLines(error)) log.log('error', line, null);
    keeper.dumpNow(faultLines(error).join('\n'));
    void log.end(LAST_LINES_MS).finally(() => addon.exitNow(EXIT.failed));
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  return die;
}

function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new MpathdError(
    { code: 'REFUSED', operation: 'start', device: 'mpathd', errno: 'EPERM', detail: 'need to be root' },
    'run it as root, or `mpathd --simulate` to look at it without',
  );
}

/** The engine's phases in multipathd's words. */
function stateOf(tables: Tables): DaemonState {
  switch (tables.truth.phase) {
    case 'starting':
      return 'configure';
    case 'idle':
      return 'idle';
    case 'resyncing':
      return 'running';
    case 'stopping':
      return 'shutdown';
  }
}

interface StopRequest {
  requested: Promise<void>;
  request(): void;
}

function stopRequest(addon: Addon, log: DaemonLog, reconfigure: () => void): StopRequest {
  let end: () => void = () => undefined;
  const requested = new Promise<void>((resolve) => {
    end = resolve;
  });
  const request = (): void => {
    addon.endWithin(EXIT.ok, END_MS);
    end();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.log('notice', `${signal} received`, null);
      request();
    });
  }
  process.on('SIGHUP', reconfigure);
  return { requested, request };
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    writeError(`mpathd: ${faultLines(error).join('\n')}\n`);
    process.exit(EXIT.failed);
  },
);
