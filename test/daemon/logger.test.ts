import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync, write } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createDaemonLog, createLineSink, detectStyle, formatLine, type LogWriter } from '../../src/daemon/logger';

const TIME = new Date('2026-01-02T03:04:05.678Z');

describe('a log line', () => {
  it.each([
    ['journald', 'error', '<3>text'],
    ['journald', 'warning', '<4>text'],
    ['journald', 'notice', '<5>text'],
    ['journald', 'info', '<6>text'],
    ['journald', 'debug', '<7>text'],
    ['plain', 'notice', '2026-01-02T03:04:05.678Z notice  text'],
  ] as const)('%s, %s', (style, level, expected) => {
    expect(formatLine(style, level, 'text', TIME)).toBe(expected);
  });

  it.each(['journald', 'terminal', 'plain'] as const)(
    'is one line in the style %s, whatever a name contains',
    (style) => {
      const line = formatLine(style, 'error', 'a\nb\r\u2028c', TIME);
      expect(line).toMatch(/a\\x0ab\\x0d\\u2028c$/);
      expect(line).not.toContain('\n');
    },
  );

  it('lets no device name control a terminal', () => {
    expect(formatLine('journald', 'info', 'x\x1b[2J\x07\x9b', TIME)).toBe('<6>x\\x1b[2J\\x07\\x9b');
  });
});

describe('the style', () => {
  let folder: string;
  let fd: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpathd-log-'));
    fd = openSync(join(folder, 'log'), 'w');
  });
  afterEach(() => {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });

  it('is journald only if stderr is exactly the stream that JOURNAL_STREAM names', () => {
    const { dev, ino } = fstatSync(fd);
    expect(detectStyle({ JOURNAL_STREAM: `${dev}:${ino}` }, fd, false)).toBe('journald');
    expect(detectStyle({ JOURNAL_STREAM: `${dev}:${ino + 1}` }, fd, false)).toBe('plain');
    expect(detectStyle({ JOURNAL_STREAM: 'rubbish' }, fd, false)).toBe('plain');
  });

  it('is terminal on a terminal', () => {
    expect(detectStyle({}, fd, true)).toBe('terminal');
  });

  it('all lines of the level and above arrive, in order', async () => {
    const log = createDaemonLog({ write: writerTo(fd), style: 'journald', level: 'notice' });
    log.log('info', 'not this', null);
    for (let i = 0; i < 100; i++) log.log('notice', `line ${i}`, 'sda');
    await log.end(2_000);
    const lines = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(100);
    expect(lines[99]).toBe('<5>sda: line 99');
  });

  it('a reader that does not read costs lines, not time', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    // The pipe is open for reading and writing, and never read.
    const stalled = openSync(fifo, 'r+');
    const sink = createLineSink(writerTo(stalled));
    const line = Buffer.alloc(64 * 1024, 'x');
    for (let i = 0; i < 64; i++) sink.stream.write(line);
    expect(sink.dropped()).toBeGreaterThan(0);
    expect(sink.idle()).toBe(false);
    const reader = spawn('cat', [fifo], { stdio: 'ignore' });
    await written(sink);
    closeSync(stalled);
    await once(reader, 'exit');
  });
});

/** Writes as the log lane does: everything, in order, while the event loop goes on. */
function writerTo(target: number): LogWriter {
  let last: Promise<unknown> = Promise.resolve();
  const put = async (bytes: Buffer): Promise<void> => {
    for (let done = 0; done < bytes.length; ) done += (await promisify(write)(target, bytes, done)).bytesWritten;
  };
  return (bytes) => (last = last.then(() => put(bytes)));
}

/** Lines that still wait would go to the next user of the descriptor's number, in another test file. */
async function written(sink: ReturnType<typeof createLineSink>): Promise<void> {
  while (!sink.idle()) await new Promise((resolve) => setTimeout(resolve, 5));
}
