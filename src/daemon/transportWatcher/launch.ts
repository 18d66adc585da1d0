/** Starts the child process. The daemon's own thread never waits for a disk. */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { Socket } from 'node:net';
import type { Files } from '../../kernel/files';
import { CHANNEL_FD, createLineReader, EXIT_PRIVILEGED } from './channel';
import type { WatcherChild } from './supervisor';

const HEAD_BYTES = 4096;
/** A heap for a few thousand interfaces; the default would grow with the machine's memory. */
const NODE_OPTIONS = ['--max-old-space-size=64', '--max-semi-space-size=1'];
/** The interpreter (PT_INTERP), which a dynamic program names in its first page. */
const INTERPRETER = /\/[^\0]*\/ld[^\0/]*\.so[^\0/]*/;

export interface LaunchOptions {
  /** The path of the child's bundle. */
  program: string;
  /** The addon's noNewPrivileges(): no program that the calling thread starts gains a right by exec. */
  noNewPrivileges(): string | null;
  /** Where the program's pages are read. */
  files: Files;
}

/** Starts the program with the daemon's own node. Rejects if the program does not exist or cannot be started. */
export async function launchChild({ program, noNewPrivileges, files }: LaunchOptions): Promise<WatcherChild> {
  // spawn() waits until exec() has read the program's first page. If the root disk is gone, it waits for ever. So these
  // pages are read on the file lane first; if this reading hangs, the daemon goes on.
  const interpreter = INTERPRETER.exec(await head(files, process.execPath))?.[0];
  if (interpreter !== undefined) await head(files, interpreter);
  await head(files, program);
  const errno = noNewPrivileges();
  if (errno !== null) throw new Error(`PR_SET_NO_NEW_PRIVS: ${errno}`);
  const child = spawn(process.execPath, [...NODE_OPTIONS, program], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    // The child gets no variable of the daemon's environment: NOTIFY_SOCKET, LISTEN_FDS and NODE_OPTIONS are not for
    // it.
    env: {},
    cwd: '/',
  });
  child.unref();
  return watch(child);
}

async function head(files: Files, path: string): Promise<string> {
  const file = await files.open(path, constants.O_RDONLY);
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    const { bytesRead } = await file.read(buffer, 0, HEAD_BYTES, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function watch(child: ChildProcess): WatcherChild {
  const channel = child.stdio[CHANNEL_FD];
  // Without a channel the program could not be started, and `error` follows.
  if (channel instanceof Socket) channel.unref();
  let verdict: string | null = null;
  const kill = (): void => {
    channel?.destroy();
    child.kill('SIGKILL');
  };
  return {
    onMessage: (callback) => {
      if (!(channel instanceof Socket)) return;
      const read = createLineReader(callback);
      channel.setEncoding('latin1');
      channel.on('data', (piece: string) => {
        if (channel.destroyed || read(piece)) return;
        verdict = 'it sent too long a line, or too many at once';
        kill();
      });
      channel.on('error', kill);
      // A child without its channel is of no use, and is no longer heard.
      channel.on('close', kill);
    },
    onEnd: (callback) => {
      let ended = false;
      const end = (reason: string): void => {
        if (ended) return;
        ended = true;
        callback(reason);
      };
      // If exec fails, `error` comes instead of `exit`.
      child.on('error', (error) => {
        if (child.pid === undefined) end(error.message);
      });
      child.on('exit', (code, signal) => end(verdict ?? reasonOf(code, signal)));
    },
    kill,
  };
}

function reasonOf(code: number | null, signal: NodeJS.Signals | null): string {
  if (code === EXIT_PRIVILEGED) return "it cannot give up root's rights without CAP_SETUID and CAP_SETGID";
  return signal ?? `exit code ${code}`;
}
