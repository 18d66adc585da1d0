/** The daemon's command line. */
import yargs from 'yargs';
import type { LogLevel } from '../../engine/protocol';

export interface DaemonArguments {
  /** null: the real kernel; '': the built-in scenario; else a scenario file. */
  simulate: string | null;
  /** null: as configured. */
  level: LogLevel | null;
  logStyle: 'auto' | 'journald' | 'terminal' | 'plain';
  socket: string | null;
  /** multipath.conf and the directory of its drop-ins; null: the usual files, or those of the scenario. */
  config: string | null;
  configDirectory: string | null;
  bindings: string;
  wwids: string;
  receiveBufferMiB: number;
  realtimePriority: number;
  udevWaitMs: number;
  /** null: as configured. */
  pollingMs: number | null;
  lockMemory: boolean;
  transportHints: boolean;
  /** Bytes of inputs in the journal; 0: there is no journal. */
  journalBytes: number;
  /** The directory for the journal when the daemon breaks. */
  journalDump: string;
}

const LEVELS: readonly LogLevel[] = ['error', 'warning', 'notice', 'info', 'debug'];

/** A wrong command line. The message says what is wrong, and how to get the help. */
export class UsageError extends Error {}

/** Parses the arguments; prints and ends for --help and --version. Throws {@link UsageError}. */
export function parseArguments(argv: readonly string[], version: string): DaemonArguments {
  const parsed = yargs(argv)
    .scriptName('mpathd')
    .usage(
      '$0 [options]\n\nA multipath daemon. Stays in the foreground and logs to stderr; systemd runs it as a service.',
    )
    .option('simulate', {
      type: 'string',
      describe: 'work on a simulated SAN (a scenario file, or the one built in) instead of the kernel',
    })
    .option('verbosity', {
      alias: 'v',
      type: 'string',
      describe: `what is logged: ${LEVELS.join(', ')}, or 0 to 4; else \`verbosity\` of the configuration`,
    })
    .option('log-style', {
      choices: ['auto', 'journald', 'terminal', 'plain'] as const,
      default: 'auto' as const,
      describe: 'form of log lines; auto looks at where stderr leads',
    })
    .option('socket', {
      type: 'string',
      describe: 'listen on this address only (@name: abstract), as MULTIPATH_SOCKET_NAME does',
    })
    .option('config', { type: 'string', describe: 'configuration file, instead of /etc/multipath.conf' })
    .option('config-dir', {
      type: 'string',
      describe: 'directory of the files that add to it, instead of /etc/multipath/conf.d',
    })
    .option('bindings-file', { type: 'string', default: '/etc/multipath/bindings', describe: 'where aliases are kept' })
    .option('wwids-file', {
      type: 'string',
      default: '/etc/multipath/wwids',
      describe: 'where the WWIDs of LUNs that have been multipathed are kept',
    })
    .option('receive-buffer', { type: 'number', default: 128, describe: 'receive buffer of the uevent sockets, MiB' })
    .option('realtime-priority', {
      type: 'number',
      default: 10,
      describe: 'SCHED_RR priority of the uevent thread, 0 for none',
    })
    .option('udev-wait', { type: 'number', default: 3, describe: "how long a new disk's udev record is awaited, s" })
    .option('polling-interval', {
      type: 'number',
      describe: 'shortest path check interval, s, the longest being four times that; else as configured',
    })
    .option('lock-memory', { type: 'boolean', default: true, describe: 'lock program and libraries into memory' })
    .option('transport-hints', {
      type: 'boolean',
      default: true,
      describe: 'check paths at once when their network or FC transport changes; a second process listens for it',
    })
    .option('journal-size', {
      type: 'number',
      default: 16,
      describe: 'MiB of inputs kept in memory for `mpathctl journal save`, 1 to 1024, or 0 for none',
    })
    .option('journal-dump', {
      type: 'string',
      default: '/run/mpathd',
      describe: 'directory that the journal is saved to when the daemon breaks',
    })
    .option('foreground', { alias: 'd', type: 'boolean', describe: 'accepted for compatibility: always so' })
    .strict()
    .help()
    .alias('h', 'help')
    .version(version)
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    })
    .parseSync();
  if (parsed._.length > 0) throw new UsageError(`unexpected argument: ${String(parsed._[0])}`);
  return {
    simulate: parsed.simulate ?? null,
    level: parsed.verbosity === undefined ? null : levelOf(parsed.verbosity),
    logStyle: parsed.logStyle,
    socket: parsed.socket ?? null,
    config: parsed.config === undefined ? null : absolute('--config', parsed.config),
    configDirectory: parsed.configDir === undefined ? null : absolute('--config-dir', parsed.configDir),
    bindings: parsed.bindingsFile,
    wwids: parsed.wwidsFile,
    receiveBufferMiB: inRange('--receive-buffer', parsed.receiveBuffer, 0.01, 1024),
    realtimePriority: Math.round(inRange('--realtime-priority', parsed.realtimePriority, 0, 99)),
    udevWaitMs: inRange('--udev-wait', parsed.udevWait, 0, 600) * 1000,
    pollingMs:
      parsed.pollingInterval === undefined
        ? null
        : inRange('--polling-interval', parsed.pollingInterval, 0.1, 3600) * 1000,
    lockMemory: parsed.lockMemory,
    transportHints: parsed.transportHints,
    journalBytes: journalBytes(parsed.journalSize),
    journalDump: absolute('--journal-dump', parsed.journalDump),
  };
}

/** The log level for a verbosity number of multipathd's. */
export function levelOfVerbosity(verbosity: number): LogLevel {
  return LEVELS[Math.max(0, Math.min(verbosity, LEVELS.length - 1))] ?? 'debug';
}

function levelOf(text: string): LogLevel {
  const level = LEVELS.find((name) => name === text) ?? (/^[0-4]$/.test(text) ? LEVELS[Number(text)] : undefined);
  if (level === undefined) throw new UsageError(`--verbosity: ${text} is none of ${LEVELS.join(', ')}, 0 to 4`);
  return level;
}

/**
 * With less than a MiB the engine's state would be copied every few inputs. Nobody can step through more than a GiB.
 */
function journalBytes(mib: number): number {
  return mib === 0 ? 0 : Math.round(inRange('--journal-size', mib, 1, 1024) * (1 << 20));
}

function absolute(option: string, path: string): string {
  if (!path.startsWith('/')) throw new UsageError(`${option}: ${path} is no absolute path`);
  return path;
}

function inRange(option: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most))
    throw new UsageError(`${option}: ${value} is not between ${least} and ${most}`);
  return value;
}
