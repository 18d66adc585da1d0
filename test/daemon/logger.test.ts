import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDaemonLog, createLineSink, detectStyle, formatLine } from '../../src/daemon/logger';

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

  it('keeps its level on each of several lines', () => {
    expect(formatLine('journald', 'error', 'a\nb', TIME)).toBe('<3>a\n<3>b');
  });

  it('lets no device name drive a terminal', () => {
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

  it('is journald only if stderr is the very stream that JOURNAL_STREAM names', () => {
    const { dev, ino } = fstatSync(fd);
    expect(detectStyle({ JOURNAL_STREAM: `${dev}:${ino}` }, fd, false)).toBe('journald');
    expect(detectStyle({ JOURNAL_STREAM: `${dev}:${ino + 1}` }, fd, false)).toBe('plain');
    expect(detectStyle({ JOURNAL_STREAM: 'rubbish' }, fd, false)).toBe('plain');
  });

  it('is terminal on a terminal', () => {
    expect(detectStyle({}, fd, true)).toBe('terminal');
  });

  it('all lines of the level and above arrive, in order', async () => {
    const log = createDaemonLog({ fd, style: 'journald', level: 'notice' });
    log.log('info', 'not this', null);
    for (let i = 0; i < 100; i++) log.log('notice', `line ${i}`, 'sda');
    await log.end(2_000);
    const lines = readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(100);
    expect(lines[99]).toBe('<5>sda: line 99');
  });

  it('a reader that stalls costs lines, not time', () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    // Opened both ways, never read.
    const stalled = openSync(fifo, 'r+');
    const sink = createLineSink(stalled);
    const line = Buffer.alloc(64 * 1024, 'x');
    for (let i = 0; i < 64; i++) sink.stream.write(line);
    expect(sink.dropped()).toBeGreaterThan(0);
    expect(sink.idle()).toBe(false);
    drain(fifo);
    closeSync(stalled);
  });
});

/** Lets the write in progress come back, so that the descriptor can be closed. */
function drain(fifo: string): void {
  execFileSync('sh', ['-c', `timeout 1 cat ${fifo} >/dev/null || true`]);
}
