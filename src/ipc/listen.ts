/** Listening sockets. They are made on an address on which nobody answers, or inherited from systemd. */
import { chmod, lstat, unlink } from 'node:fs/promises';
import { closeSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { parseAddress } from './addresses';
import type { NativeSockets } from './nativeSockets';
import { MpathdError } from '../model/failure';

/** Number of clients that may wait to be accepted. */
const BACKLOG = 128;

/** All users may connect. The uid of a client decides which commands it may give. */
const SOCKET_MODE = 0o666;

/** The `code` of an error of fs or net. */
export function errnoOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'EUNKNOWN';
}

function listenError(address: string, errno: string, hint?: string): MpathdError {
  return new MpathdError({ code: 'KERNEL_ERROR', operation: 'listen', device: address, errno }, hint);
}

/** Another multipath daemon answers on an address, or may answer there. */
export function otherDaemon(device: string, detail: string): MpathdError {
  return new MpathdError(
    { code: 'REFUSED', operation: 'start beside another multipath daemon', device, errno: 'EADDRINUSE', detail },
    'stop it first: systemctl stop multipathd.service multipathd.socket (or mpathd.service)',
  );
}

function connectPath(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(null);
    });
    socket.once('error', (error) => resolve(errnoOf(error)));
  });
}

function connectAbstract(name: string, native: NativeSockets): string | null {
  const result = native.connectAbstract(name);
  if (result.errno !== null) return result.errno;
  closeSync(result.fd);
  return null;
}

/** Throws unless it is certain that nobody listens on the address. */
export async function assertSilent(text: string, native: NativeSockets): Promise<void> {
  const address = parseAddress(text);
  const errno = address.kind === 'path' ? await connectPath(address.path) : connectAbstract(address.name, native);
  if (errno === 'ECONNREFUSED' || errno === 'ENOENT') return;
  // ENOTSOCK: a file of another kind, which mpathd must not remove (see removeStale).
  if (errno === 'ENOTSOCK') throw listenError(text, errno, 'a file that is no socket is in the way');
  throw otherDaemon(text, errno === null ? 'it answers' : `connecting says ${errno}`);
}

async function removeStale(path: string): Promise<void> {
  try {
    if ((await lstat(path)).isSocket()) await unlink(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw listenError(path, errnoOf(error));
  }
}

type ListenTarget = { path: string } | { fd: number };

function listenOn(server: Server, target: ListenTarget, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(listenError(name, errnoOf(error)));
    server.once('error', failed);
    server.listen({ ...target, backlog: BACKLOG }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

/** Listens on an address of our own. The caller has found that nobody listens there. */
export async function listenOnAddress(server: Server, text: string, native: NativeSockets): Promise<void> {
  const address = parseAddress(text);
  if (address.kind === 'path') {
    await removeStale(address.path);
    await listenOn(server, { path: address.path }, text);
    await chmod(address.path, SOCKET_MODE);
    return;
  }
  const made = native.listenAbstract(address.name, BACKLOG);
  if (made.errno !== null) throw listenError(text, made.errno);
  await listenOn(server, { fd: made.fd }, text);
}

/** Listens on a socket that systemd made. */
export async function listenOnInherited(server: Server, fd: number): Promise<void> {
  await listenOn(server, { fd }, `fd ${fd}`);
}
