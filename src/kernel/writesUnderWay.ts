/**
 * A record of the maps that a write is under way for, in a file below /run. A daemon that is killed cannot end its
 * writes: by this record the next one knows which maps it must complete, without waiting whether a living writer does.
 */
import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from './errors';

/** The file's usual place. Like the kernel's maps it is gone after a reboot. */
export const WRITES_FILE = '/run/mpathd/writes';

/** When no write is under way and the file is longer, it is emptied. Bytes. */
const KEPT_BYTES = 64 << 10;
const FLAGS = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;

export interface WriteRecord {
  /** The maps, by UUID, whose writes the last daemon did not see the end of. */
  readonly interrupted: readonly string[];
  begun(uuid: string): void;
  ended(uuid: string): void;
  /** The maps are adopted. Whoever leaves them incomplete from now on is not the last daemon. */
  adopted(): void;
  close(): void;
}

/** The UUIDs whose last line is a beginning. A line that cannot be understood is left out. */
export function interruptedIn(text: string): string[] {
  const open = new Set<string>();
  for (const line of text.split('\n')) {
    const uuid = uuidOf(line.slice(1));
    if (uuid === null) continue;
    if (line[0] === '+') open.add(uuid);
    if (line[0] === '-') open.delete(uuid);
  }
  return [...open];
}

function uuidOf(quoted: string): string | null {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}

/**
 * Reads what the last daemon left, and begins anew. The caller holds the lock of the pid file. Without the file the
 * daemon works as well, but a map that was left incomplete waits some seconds: `warn` is told once.
 */
export function openWriteRecord(file: string, warn: (message: string) => void): WriteRecord {
  const interrupted = readInterrupted(file);
  const underWay = new Set<string>();
  let fd: number | null = null;
  let length = 0;

  function fails(error: unknown): void {
    warn(`${file}: writes are not recorded (${errnoOf(error) ?? String(error)})`);
    if (fd !== null) closeSync(fd);
    fd = null;
  }

  // The file system is in memory, so nothing here waits for a disk. A killed process leaves whole lines.
  function append(sign: '+' | '-', uuid: string): void {
    if (fd === null) return;
    try {
      if (underWay.size === 0 && length > KEPT_BYTES) {
        ftruncateSync(fd);
        length = 0;
      }
      length += writeSync(fd, `${sign}${JSON.stringify(uuid)}\n`);
    } catch (error) {
      fails(error);
    }
  }

  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    fd = openSync(file, FLAGS, 0o600);
    ftruncateSync(fd);
    // This daemon may be killed, too, before it has put them right.
    for (const uuid of interrupted) append('+', uuid);
  } catch (error) {
    fails(error);
  }

  return {
    interrupted,
    begun: (uuid) => {
      append('+', uuid);
      underWay.add(uuid);
    },
    ended: (uuid) => {
      underWay.delete(uuid);
      append('-', uuid);
    },
    adopted: () => {
      for (const uuid of interrupted) if (!underWay.has(uuid)) append('-', uuid);
    },
    close: () => {
      if (fd !== null) closeSync(fd);
      fd = null;
    },
  };
}

function readInterrupted(file: string): string[] {
  try {
    return interruptedIn(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}
