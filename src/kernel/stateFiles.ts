/**
 * The small files that mpathd shares with multipath-tools: the bindings and wwids files. mpathd reads them, and
 * rewrites them as a whole or changes them in place, under the lock that the programs of multipath-tools take.
 */
import { randomBytes } from 'crypto';
import { constants } from 'fs';
import { basename, dirname, join } from 'path';
import type { TextPatch } from '../config/wwids';
import type { Failure, Reading } from '../model/failure';
import { errnoOf } from './errors';
import { monotonicMs } from './clock';
import { type FileAccess, plainAccess } from './fileAccess';
import { FILE_MS } from './fileDeadlines';
import { makeDirectories, type Files, type OpenFile } from './files';
import { distrust, resolveLinks } from './fileTrust';
import { lockHolder } from './lockHolder';
import type { Addon } from './native';
import { failed, read } from './nativeFailure';

/** A thousand times the size that the largest hosts need. A larger file is not one of these files. */
const SIZE_LIMIT = 1024 * 1024;

/** How long, ms, libmultipath waits for the lock. */
const LOCK_MS = 30_000;
const POLL_MS = 50;

/** After so long, ms, the log says who holds the lock. */
const LOCK_TOLD_MS = 1_000;

type LockAddon = Pick<Addon, 'tryFileLock'>;

/** What an administrator should know about a file. */
export type StateFileLog = (level: 'error' | 'warning' | 'notice', message: string) => void;

/** What the steps below work with. */
interface Tools {
  fs: Files;
  addon: LockAddon;
  lockMs: number;
  log: StateFileLog;
}

/** Each reading of a file finds the same owner and mode. The same error is told once. */
function onlyNews(log: StateFileLog): StateFileLog {
  let last: string | null = null;
  return (level, message) => {
    if (level === 'error' && message === last) return;
    if (level === 'error') last = message;
    log(level, message);
  };
}

/** One file. Operations on it run one after the other. */
export interface StateFile {
  /** The text; empty if there is no file. */
  read(): Promise<Reading<string>>;
  /**
   * Gives the text (empty if there is no file) to `transform` and replaces it by the result; null leaves the file
   * alone. The file is never truncated or half-written: readers find the old or the new one.
   */
  update(transform: (text: string) => string | null): Promise<Reading<null>>;
  /**
   * Gives the text to `change` and writes its patches into the file, patches at the end last. If the file cannot grow
   * by a whole patch, it does not grow, so it never has half a line.
   */
  edit(change: (text: string) => readonly TextPatch[]): Promise<Reading<null>>;
}

/** Carries a {@link Failure} from the steps below to the caller. */
class Refusal extends Error {
  constructor(readonly failure: Failure) {
    super(failure.operation);
    this.name = 'Refusal';
  }
}

async function step<T>(operation: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    throw new Refusal({ code: 'KERNEL_ERROR', operation, device: path, errno });
  }
}

function refused(path: string, detail: string): Refusal {
  return new Refusal({ code: 'REFUSED', operation: 'read', device: path, errno: null, detail });
}

async function outcome<T>(work: () => Promise<T>): Promise<Reading<T>> {
  try {
    return read(await work());
  } catch (error) {
    if (error instanceof Refusal) return failed(error.failure);
    throw error;
  }
}

/** The path to which symbolic links lead, whether there is a file yet or not. */
async function resolve(fs: Files, path: string): Promise<string> {
  const resolved = await resolveLinks(path, fs);
  if (resolved.ok) return resolved.path;
  if ('planted' in resolved)
    throw refused(path, `${resolved.planted} is a link in a folder in which others than root can make links`);
  throw new Refusal({ code: 'KERNEL_ERROR', operation: 'readlink', device: path, errno: resolved.errno });
}

async function checked(file: OpenFile, path: string, log: StateFileLog): Promise<void> {
  const stats = await step('fstat', path, file.stat());
  if (!stats.isFile()) throw refused(path, 'not a regular file');
  if (stats.size > SIZE_LIMIT) throw refused(path, `larger than ${SIZE_LIMIT} bytes`);
  const warning = distrust(path, stats, 'decide which name leads to which LUN');
  if (warning !== null) log('error', warning);
}

/**
 * Reads to the end, and only through this handle: to open and close the file once more would give up the lock
 * (fcntl(2): a process loses its locks when it closes any descriptor of the file).
 */
async function textOf(file: OpenFile, path: string): Promise<string> {
  const buffer = Buffer.alloc(SIZE_LIMIT + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await step('read', path, file.read(buffer, length, buffer.length - length, length));
    if (bytesRead === 0) break;
    length += bytesRead;
    if (length > SIZE_LIMIT) throw refused(path, `larger than ${SIZE_LIMIT} bytes`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer.subarray(0, length));
  } catch {
    throw new Refusal({ code: 'MALFORMED', operation: 'read', device: path, errno: null, detail: 'not UTF-8' });
  }
}

async function using<T>(file: OpenFile, work: (file: OpenFile) => Promise<T>): Promise<T> {
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

const OPEN_FLAGS = constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Whether the name still leads to the locked file: the program that held the lock before may have replaced the file.
 */
async function isCurrent(fs: Files, file: OpenFile, path: string): Promise<boolean> {
  const ours = await step('fstat', path, file.stat({ bigint: true }));
  try {
    const theirs = await fs.lstat(path, { bigint: true });
    return ours.dev === theirs.dev && ours.ino === theirs.ino;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    return await step('lstat', path, Promise.reject(error));
  }
}

/** Says once who holds the lock, and later that it is free. */
function lockWatch(file: OpenFile, path: string, lockMs: number, log: StateFileLog) {
  const began = monotonicMs();
  let told = false;
  return {
    waits: async (): Promise<void> => {
      if (told || monotonicMs() - began < LOCK_TOLD_MS) return;
      told = true;
      const who = await lockHolder(await step('fstat', path, file.stat({ bigint: true })));
      log(
        'warning',
        `${path} is locked by ${who}; what is to be read from it and written into it waits, for ${lockMs / 1_000} s at most`,
      );
    },
    ends: (): void => {
      if (told) log('notice', `the lock of ${path} was free after ${((monotonicMs() - began) / 1_000).toFixed(1)} s`);
    },
  };
}

async function waitForLock({ addon, lockMs, log }: Tools, file: OpenFile, path: string, until: number): Promise<void> {
  const watch = lockWatch(file, path, lockMs, log);
  for (;;) {
    const errno = addon.tryFileLock(file.fd);
    if (errno === null) return watch.ends();
    if (errno !== 'EAGAIN') throw new Refusal({ code: 'KERNEL_ERROR', operation: 'lock', device: path, errno });
    if (monotonicMs() >= until) {
      throw new Refusal({
        code: 'TIMED_OUT',
        operation: 'lock',
        device: path,
        errno,
        detail: `held by ${await lockHolder(await step('fstat', path, file.stat({ bigint: true })))}`,
      });
    }
    await watch.waits();
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
}

async function lockedFile(tools: Tools, path: string): Promise<OpenFile> {
  const { fs } = tools;
  const until = monotonicMs() + tools.lockMs;
  for (;;) {
    const file = await step('open', path, fs.open(path, constants.O_RDWR | constants.O_CREAT | OPEN_FLAGS, 0o600));
    try {
      await checked(file, path, tools.log);
      await waitForLock(tools, file, path, until);
      if (await isCurrent(fs, file, path)) return file;
    } catch (error) {
      await file.close();
      throw error;
    }
    await file.close();
  }
}

async function syncDirectory(fs: Files, path: string): Promise<void> {
  await using(await step('open', path, fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY)), (directory) =>
    step('fsync', path, directory.sync()),
  );
}

/**
 * Writes a new file beside the old one. It takes the old file's place in one step, when it is completely on the disk.
 */
async function replace(fs: Files, path: string, text: string): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `${basename(path)}.${randomBytes(6).toString('hex')}`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await step('open', temporary, fs.open(temporary, flags, 0o600));
  try {
    await using(file, async () => {
      await step('write', temporary, file.writeFile(text));
      await step('fsync', temporary, file.sync());
    });
    await step('rename', temporary, fs.rename(temporary, path));
  } catch (error) {
    await fs.unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncDirectory(fs, directory);
}

async function readText({ fs, log }: Tools, given: string): Promise<string> {
  const path = await resolve(fs, given);
  let file: OpenFile;
  try {
    file = await fs.open(path, constants.O_RDONLY | OPEN_FLAGS);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    return await step('open', path, Promise.reject(error));
  }
  return await using(file, async () => {
    await checked(file, path, log);
    return await textOf(file, path);
  });
}

async function updateText(tools: Tools, given: string, transform: (text: string) => string | null): Promise<null> {
  const { fs } = tools;
  const path = await resolve(fs, given);
  await step('mkdir', dirname(path), makeDirectories(fs, dirname(path), 0o700));
  return await using(await lockedFile(tools, path), async (file) => {
    const text = transform(await textOf(file, path));
    if (text === null) return null;
    if (Buffer.byteLength(text) > SIZE_LIMIT) throw refused(path, `would be larger than ${SIZE_LIMIT} bytes`);
    await replace(fs, path, text);
    return null;
  });
}

async function writeAll(file: OpenFile, path: string, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await step('write', path, file.write(bytes, done, bytes.length - done, at + done))).bytesWritten;
  }
}

/** Appends, or leaves the length of the file as it was. */
async function append(file: OpenFile, path: string, bytes: Buffer, end: number): Promise<void> {
  if (end + bytes.length > SIZE_LIMIT) throw refused(path, `would be larger than ${SIZE_LIMIT} bytes`);
  try {
    await writeAll(file, path, bytes, end);
    await step('fsync', path, file.sync());
  } catch (error) {
    await file.truncate(end).catch(() => undefined);
    throw error;
  }
}

async function editText(tools: Tools, given: string, change: (text: string) => readonly TextPatch[]): Promise<null> {
  const { fs } = tools;
  const path = await resolve(fs, given);
  await step('mkdir', dirname(path), makeDirectories(fs, dirname(path), 0o700));
  return await using(await lockedFile(tools, path), async (file) => {
    const text = await textOf(file, path);
    const patches = change(text);
    const inside = patches.filter(({ at }) => at < text.length);
    for (const patch of inside)
      await writeAll(file, path, Buffer.from(patch.text), Buffer.byteLength(text.slice(0, patch.at)));
    if (inside.length > 0) await step('fsync', path, file.sync());
    const tail = patches
      .filter(({ at }) => at >= text.length)
      .map((patch) => patch.text)
      .join('');
    if (tail !== '') await append(file, path, Buffer.from(tail), Buffer.byteLength(text));
    return null;
  });
}

/** Other than the usual ways of a {@link StateFile}. */
export interface StateFileOptions {
  /** How long it waits for its lock, ms. */
  lockMs?: number;
  access?: FileAccess;
  /** Hears of what an administrator should know. */
  log?: StateFileLog;
}

/**
 * A file at `path`. There must be only one object per file: a reading by a second object would give up the lock of an
 * update by the first. If the file system does not answer, an operation is TIMED_OUT, which says nothing about whether
 * it took place; the next one reads the file anew, under its lock.
 */
export function createStateFile(
  addon: LockAddon,
  path: string,
  { lockMs = LOCK_MS, access = plainAccess, log = () => undefined }: StateFileOptions = {},
): StateFile {
  const { files: fs, deadlines } = access;
  const tools: Tools = { fs, addon, lockMs, log: onlyNews(log) };
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(operation: string, ms: number, work: () => Promise<T>): Promise<Reading<T>> {
    return deadlines.within(path, { operation, file: () => path, ms }, () => {
      const result = last.then(() => outcome(work));
      last = result.catch(() => undefined);
      return result;
    });
  }

  return {
    read: () => inTurn('read', FILE_MS, () => readText(tools, path)),
    update: (transform) => inTurn('update', lockMs + FILE_MS, () => updateText(tools, path, transform)),
    edit: (change) => inTurn('edit', lockMs + FILE_MS, () => editText(tools, path, change)),
  };
}
