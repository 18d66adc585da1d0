/**
 * Files that may be on a file system that does not answer. The daemon calls them on the addon's file lane: libuv has
 * four threads for everything, and four hung calls would stop all that Node itself does on them.
 */
import { promises } from 'node:fs';
import { dirname } from 'node:path';
import type { NativeFileAnswer, NativeFileCall, NativeFileStatus } from '../../native/mpathd';
import { errnoOf } from './errors';
import type { Addon } from './native';

/** What is known of a file. `mode`: the lowest twelve bits are its permissions. */
export interface FileStatus {
  readonly size: number;
  readonly uid: number;
  readonly mode: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isSymbolicLink(): boolean;
}

/** Two files are the same if both numbers are. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** The part of Node's `FileHandle` that mpathd uses. */
export interface OpenFile {
  readonly fd: number;
  read(buffer: Buffer, offset: number, length: number, position: number | null): Promise<{ bytesRead: number }>;
  write(buffer: Buffer, offset?: number, length?: number, position?: number): Promise<{ bytesWritten: number }>;
  writeFile(text: string): Promise<void>;
  stat(): Promise<FileStatus>;
  stat(options: { bigint: true }): Promise<FileIdentity>;
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

/** The part of Node's `fs.promises` that mpathd uses. Errors have `code` and `syscall`, as Node's have. */
export interface Files {
  open(path: string | Buffer, flags: number, mode?: number): Promise<OpenFile>;
  stat(path: string | Buffer): Promise<FileStatus>;
  lstat(path: string): Promise<FileStatus>;
  lstat(path: string, options: { bigint: true }): Promise<FileIdentity>;
  realpath(path: string): Promise<string>;
  readlink(path: string): Promise<string>;
  readdir(path: string, options: { encoding: 'buffer' }): Promise<Buffer[]>;
  /** Makes one directory. */
  mkdir(path: string, options: { mode: number }): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  link(existing: string, name: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

/** On libuv's threads: for programs that end after one answer, and for tests. */
export const nodeFiles: Files = promises;

type FileAddon = Pick<Addon, 'fileCall'>;
/** The lanes on which a file may be called. */
export type FileLane = Parameters<Addon['fileCall']>[0];

type Answered = Extract<NativeFileAnswer, { errno: null }>;

/** Looks like an error of Node's `fs`. */
class FileError extends Error {
  constructor(
    readonly code: string,
    readonly syscall: string,
  ) {
    super(`${code}: ${syscall}`);
    this.name = 'FileError';
  }
}

function has<T>(call: string, value: T | undefined): T {
  if (value === undefined) throw new TypeError(`the addon's answer to ${call} lacks its value`);
  return value;
}

type FullStatus = FileStatus & FileIdentity;

function statusOf({ kind, size, uid, mode, device, inode }: NativeFileStatus): FullStatus {
  return {
    size,
    uid,
    mode,
    dev: BigInt(device),
    ino: BigInt(inode),
    isFile: () => kind === 'file',
    isDirectory: () => kind === 'directory',
    isFIFO: () => kind === 'pipe',
    isSocket: () => kind === 'socket',
    isSymbolicLink: () => kind === 'link',
  };
}

function namesIn(bytes: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let start = 0, end = bytes.indexOf(0); end >= 0; start = end + 1, end = bytes.indexOf(0, start))
    names.push(bytes.subarray(start, end));
  return names;
}

/** Files on a lane of the addon. A call waits as long as the file system does, and takes one thread of the lane. */
export function createFiles(addon: FileAddon, lane: FileLane): Files {
  const call = async (request: NativeFileCall): Promise<Answered> => {
    const answer = await addon.fileCall(lane, request);
    if (answer.errno !== null) throw new FileError(answer.errno, request.call);
    return answer;
  };
  const status = async (request: NativeFileCall): Promise<FullStatus> =>
    statusOf(has(request.call, (await call(request)).status));
  const nothing = async (request: NativeFileCall): Promise<void> => void (await call(request));

  const opened = (fd: number): OpenFile => ({
    fd,
    read: async (buffer, offset, length, position) => {
      const at = position === null ? {} : { position };
      const bytes = has('read', (await call({ call: 'read', fd, length, ...at })).bytes);
      return { bytesRead: bytes.copy(buffer, offset) };
    },
    write: async (buffer, offset = 0, length = buffer.length - offset, position) => {
      const at = position === undefined ? {} : { position };
      const bytes = buffer.subarray(offset, offset + length);
      return { bytesWritten: has('write', (await call({ call: 'write', fd, bytes, ...at })).number) };
    },
    writeFile: (text) => nothing({ call: 'write', fd, bytes: Buffer.from(text) }),
    stat: () => status({ call: 'fstat', fd }),
    sync: () => nothing({ call: 'fsync', fd }),
    truncate: (length) => nothing({ call: 'ftruncate', fd, length }),
    close: () => nothing({ call: 'close', fd }),
  });

  return {
    open: async (path, flags, mode = 0o666) =>
      opened(has('open', (await call({ call: 'open', path, flags, mode })).number)),
    stat: (path) => status({ call: 'stat', path }),
    lstat: (path: string) => status({ call: 'lstat', path }),
    realpath: async (path) => has('realpath', (await call({ call: 'realpath', path })).bytes).toString(),
    readlink: async (path) => has('readlink', (await call({ call: 'readlink', path })).bytes).toString(),
    readdir: async (path) => namesIn(has('readdir', (await call({ call: 'readdir', path })).bytes)),
    mkdir: (path, { mode }) => nothing({ call: 'mkdir', path, mode }),
    rename: (path, target) => nothing({ call: 'rename', path, target }),
    link: (path, target) => nothing({ call: 'link', path, target }),
    unlink: (path) => nothing({ call: 'unlink', path }),
  };
}

/** False: a directory above it is missing. */
async function madeDirectory(files: Files, path: string, mode: number): Promise<boolean> {
  try {
    await files.mkdir(path, { mode });
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' && dirname(path) !== path) return false;
    if (errno === 'EEXIST') return true;
    throw error;
  }
}

/** Makes a directory, and those above it that are missing. */
export async function makeDirectories(files: Files, path: string, mode: number): Promise<void> {
  if (await madeDirectory(files, path, mode)) return;
  await makeDirectories(files, dirname(path), mode);
  // Below /proc nothing can be made, and the errno is the same again.
  if (!(await madeDirectory(files, path, mode))) throw new FileError('ENOENT', 'mkdir');
}
