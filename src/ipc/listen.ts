/** Listening sockets. They are made on an address on which nobody answers, or inherited from systemd. */
import { chmodSync, closeSync, lstatSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { parseAddress } from './addresses';
import { ROOT } from './fairQueue';
import type { NativeSockets } from './nativeSockets';
import { socketFd } from './socketFd';
import { MpathdError } from '../model/failure';

/** Number of clients that may wait to be accepted. One user's clients must not keep root's from waiting. */
const BACKLOG = 4096;

/** All users may connect. The uid of a client decides which commands it may give. */
const SOCKET_MODE = 0o666;

/** The process that listens on an address; fields are null if the kernel does not say. */
export interface Owner {
  uid: number | null;
  pid: number | null;
}

/** What became of the attempt to listen on an address. */
export type ListenResult =
  | { kind: 'listening'; fd: number }
  /** A process that is no multipath daemon has the abstract name. Any user can take a name that is free. */
  | { kind: 'taken'; owner: Owner };

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

/** Who is at an address: nobody, a process, or an errno that leaves it open. */
type Occupant = { kind: 'nobody' } | { kind: 'process'; owner: Owner } | { kind: 'unknown'; errno: string };

const NOBODY: Occupant = { kind: 'nobody' };
const UNNAMED: Owner = { uid: null, pid: null };

function occupantOf(errno: string): Occupant {
  return errno === 'ECONNREFUSED' || errno === 'ENOENT' ? NOBODY : { kind: 'unknown', errno };
}

function atPath(path: string, native: NativeSockets): Promise<Occupant> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      const fd = socketFd(socket);
      resolve({ kind: 'process', owner: (fd === null ? null : native.peerOf(fd)) ?? UNNAMED });
      socket.destroy();
    });
    socket.once('error', (error) => resolve(occupantOf(errnoOf(error))));
  });
}

function atName(name: string, native: NativeSockets): Occupant {
  const result = native.connectAbstract(name);
  if (result.errno !== null) return occupantOf(result.errno);
  const owner = native.peerOf(result.fd) ?? UNNAMED;
  closeSync(result.fd);
  return { kind: 'process', owner };
}

function removeStale(path: string): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw listenError(path, errnoOf(error));
  }
}

/** Only the owner of the folder can have put a socket there, so whoever answers is another daemon. */
async function listenOnPath(path: string, native: NativeSockets): Promise<ListenResult> {
  const occupant = await atPath(path, native);
  if (occupant.kind === 'process') throw otherDaemon(path, 'it answers');
  if (occupant.kind === 'unknown') {
    // ENOTSOCK: a file of another kind, which mpathd must not remove.
    if (occupant.errno !== 'ENOTSOCK') throw otherDaemon(path, `connecting says ${occupant.errno}`);
    throw listenError(path, occupant.errno, 'a file that is no socket is in the way');
  }
  removeStale(path);
  const made = native.listenOn(path, BACKLOG);
  if (made.errno !== null) throw listenError(path, made.errno);
  chmodSync(path, SOCKET_MODE);
  return { kind: 'listening', fd: made.fd };
}

/**
 * A process of root, or of our own user, is another daemon. Anybody else cannot be one. A name that is bound without
 * being listened on, or whose backlog is full, does not show its owner: a multipath daemon would hold the lock on the
 * pid file, which this daemon has.
 */
function listenOnName(text: string, name: string, native: NativeSockets): ListenResult {
  const occupant = atName(name, native);
  if (occupant.kind === 'unknown') return { kind: 'taken', owner: UNNAMED };
  if (occupant.kind === 'process') {
    const { uid } = occupant.owner;
    if (uid === ROOT || uid === process.getuid?.()) throw otherDaemon(text, 'it answers');
    return { kind: 'taken', owner: occupant.owner };
  }
  const made = native.listenOn(text, BACKLOG);
  if (made.errno === 'EADDRINUSE') return { kind: 'taken', owner: UNNAMED };
  if (made.errno !== null) throw listenError(text, made.errno);
  return { kind: 'listening', fd: made.fd };
}

/** Listens on an address; throws an {@link MpathdError} if another daemon answers there, or listening is impossible. */
export async function listenOnAddress(text: string, native: NativeSockets): Promise<ListenResult> {
  const address = parseAddress(text);
  return address.kind === 'path' ? listenOnPath(address.path, native) : listenOnName(text, address.name, native);
}

/** Removes the file of a path on which we have listened. */
export function removeAddress(text: string): void {
  if (parseAddress(text).kind === 'path') removeStale(text);
}
