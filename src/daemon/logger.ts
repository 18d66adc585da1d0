/** Log lines for people and for journald, through winston. The log never waits for a reader that does not read. */
import { fstatSync } from 'node:fs';
import { createLogger, config, format, transports, type Logger } from 'winston';
import { Writable } from 'node:stream';
import type { LogLevel } from '../engine/protocol';
import type { Addon } from '../kernel/native';
import { printable } from '../model/printable';

/** syslog(3) severities, for the `<N>` prefix of sd-daemon(3). */
const SEVERITY: Record<LogLevel, number> = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 };

export type LogStyle = 'journald' | 'terminal' | 'plain';

/** If so many bytes wait for a reader that does not read, further lines are dropped and counted. */
const MAX_WAITING_BYTES = 1 << 20;

export interface DaemonLog {
  log(level: LogLevel, message: string, device: string | null): void;
  /** Less important lines are left out from now on. */
  setLevel(level: LogLevel): void;
  /** The number of lines that were dropped because nobody read them. */
  dropped(): number;
  /** Resolves when all lines are written, or after `ms`. */
  end(ms: number): Promise<void>;
}

/** journald if stderr is the stream that systemd opened for it (systemd.exec(5), $JOURNAL_STREAM). */
export function detectStyle(env: NodeJS.ProcessEnv, fd: number, isTty: boolean): LogStyle {
  const stream = /^(\d+):(\d+)$/.exec(env.JOURNAL_STREAM ?? '');
  if (stream !== null) {
    const { dev, ino } = fstatSync(fd);
    if (String(dev) === stream[1] && String(ino) === stream[2]) return 'journald';
  }
  return isTty ? 'terminal' : 'plain';
}

/** One entry as one line, whatever the names in its message contain. */
export function formatLine(style: LogStyle, level: LogLevel, message: string, time: Date): string {
  const line = printable(message);
  if (style === 'journald') return `<${SEVERITY[level]}>${line}`;
  const stamp = style === 'terminal' ? time.toTimeString().slice(0, 8) : time.toISOString();
  return `${stamp} ${level.padEnd(7)} ${line}`;
}

/** Writes bytes in the order of the calls. Settles when they are written, or cannot be written. */
export type LogWriter = (bytes: Buffer) => Promise<unknown>;

/**
 * A writer on the addon's log lane, whose one thread keeps the order. The lane has all waiting lines, so they are
 * written also while the event loop is not free.
 */
export function laneWriter(addon: Pick<Addon, 'fileCall'>, fd: number): LogWriter {
  return (bytes) => addon.fileCall('log', { call: 'write', fd, bytes });
}

/**
 * Never blocks the event loop: Node's own stdout and stderr are synchronous on pipes: if journald did not read, the
 * daemon would stop.
 */
export function createLineSink(write: LogWriter): { stream: Writable; dropped(): number; idle(): boolean } {
  let bytes = 0;
  let dropped = 0;

  const stream = new Writable({
    decodeStrings: true,
    write: (chunk: Buffer, _encoding, done) => {
      if (bytes + chunk.length > MAX_WAITING_BYTES) {
        dropped += 1;
      } else {
        bytes += chunk.length;
        write(chunk).then(
          () => (bytes -= chunk.length),
          () => {
            bytes -= chunk.length;
            dropped += 1;
          },
        );
      }
      done();
    },
  });
  return { stream, dropped: () => dropped, idle: () => bytes === 0 };
}

export function createDaemonLog(options: { write: LogWriter; style: LogStyle; level: LogLevel }): DaemonLog {
  const sink = createLineSink(options.write);
  const line = format.printf((entry) => {
    return formatLine(options.style, entry.level as LogLevel, String(entry.message), new Date());
  });
  const logger: Logger = createLogger({
    levels: config.syslog.levels,
    level: options.level,
    format: line,
    transports: [new transports.Stream({ stream: sink.stream })],
  });
  return {
    log: (level, message, device) => void logger.log(level, device === null ? message : `${device}: ${message}`),
    setLevel: (level) => {
      logger.level = level;
    },
    dropped: sink.dropped,
    end: async (ms) => {
      const until = Date.now() + ms;
      while (!sink.idle() && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}
