/** Starts the child process. The daemon's own thread never waits for a disk. */
import { fork, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import type { Files } from '../../kernel/files';
import type { WatcherChild } from './supervisor';

const HEAD_BYTES = 4096;
/** A heap for a few thousand interfaces; the default would grow with the machine's memory. */
const NODE_OPTIONS = ['--max-old-space-size=64', '--max-semi-space-size=1'];
/** The interpreter (PT_INTERP), which a dynamic program names in its first page. */
const INTERPRETER = /\/[^\0]*\/ld[^\0/]*\.so[^\0/]*/;

/** Forks `program` with the daemon's own node. Rejects if the program does not exist or cannot be started. */
export async function launchChild(program: string, files: Files): Promise<WatcherChild> {
  // fork() waits until exec() has read the program's first page. If the root disk is gone, it waits for ever. So these
  // pages are read on the file lane first; if this reading hangs, the daemon goes on.
  const interpreter = INTERPRETER.exec(await head(files, process.execPath))?.[0];
  if (interpreter !== undefined) await head(files, interpreter);
  await head(files, program);
  const child = fork(program, [], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    // The child gets no variable of the daemon's environment: NOTIFY_SOCKET, LISTEN_FDS and NODE_OPTIONS are not for
    // it.
    env: {},
    execArgv: NODE_OPTIONS,
    cwd: '/',
  });
  child.unref();
  child.channel?.unref();
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
  return {
    onMessage: (callback) => void child.on('message', callback),
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
      child.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
