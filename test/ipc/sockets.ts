/** Real sockets in a folder of their own, and a client that sends any bytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDecoder, REPLY_LIMIT } from '../../src/ipc/framing';
import type { NativeSockets } from '../../src/ipc/nativeSockets';

/** Runs `body` with a folder that is removed afterwards. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mpathd-ipc-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sockets that the fake has accepted, by descriptor. */
const accepted = new Map<number, Socket>();

/** Node's own socket in the place of one that is made of a descriptor: `open` of the server's options. */
export function openAccepted(fd: number): Socket {
  const socket = accepted.get(fd);
  if (socket === undefined) throw new Error(`nobody was accepted as ${fd}`);
  accepted.delete(fd);
  return socket;
}

function fdOf(owner: Socket | Server): number {
  const handle: unknown = Reflect.get(owner, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : null;
  if (typeof fd !== 'number') throw new Error('no descriptor');
  return fd;
}

/** Every peer has this uid; a list has the uids of the clients in their order. There are no abstract sockets. */
export function nativeWithUid(uid: number | null | number[]): NativeSockets {
  const listening = new Map<number, Server>();
  const uids = Array.isArray(uid) ? [...uid] : null;
  const next = (): number | null => (uids === null ? (uid as number | null) : (uids.shift() ?? null));
  return {
    listenOn: (address) => {
      if (address.startsWith('@')) return { errno: 'EOPNOTSUPP', step: 'listen' };
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
      server.on('error', () => undefined);
      server.listen(address);
      if (!server.listening) return { errno: 'EADDRINUSE', step: 'listen' };
      listening.set(fdOf(server), server);
      return { errno: null, fd: fdOf(server) };
    },
    connectAbstract: () => ({ errno: 'ECONNREFUSED', step: 'connect' }),
    peerOf: () => {
      const peer = uids === null ? next() : 0;
      return peer === null ? null : { uid: peer, pid: 4711 };
    },
    acceptClients: (fd, _, onClients) => {
      const server = listening.get(fd);
      server?.on('connection', (socket) => {
        accepted.set(fdOf(socket), socket);
        onClients([{ fd: fdOf(socket), uid: next() }], null);
      });
      return { resume: () => undefined, stop: () => void server?.close() };
    },
    refuseClient: (fd, reply) => void openAccepted(fd).end(reply),
  };
}

export interface RawClient {
  socket: Socket;
  /** The next complete message; null: the server has hung up. */
  reply(): Promise<string | null>;
  closed: Promise<void>;
}

export function rawClient(path: string): Promise<RawClient> {
  const socket = connect({ path, allowHalfOpen: true });
  const decoder = createDecoder(REPLY_LIMIT);
  const waiting: Array<() => void> = [];
  let ended = false;
  const wake = (): void => waiting.splice(0).forEach((resolve) => resolve());
  socket.on('data', (chunk: Buffer) => {
    decoder.push(chunk);
    wake();
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    const finish = (): void => {
      ended = true;
      wake();
      resolve();
    };
    socket.on('end', finish);
    socket.on('close', finish);
  });
  const reply = async (): Promise<string | null> => {
    for (;;) {
      const decoded = decoder.next();
      if (decoded.kind === 'message') return decoded.text;
      if (ended) return null;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve({ socket, reply, closed }));
    socket.once('error', reject);
  });
}
