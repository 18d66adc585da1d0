/** Real sockets in a folder of their own, and a client that sends any bytes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
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

/** Every peer has this uid. There are no abstract sockets. */
export function nativeWithUid(uid: number | null): NativeSockets {
  return {
    listenAbstract: () => ({ errno: 'EOPNOTSUPP', step: 'listen' }),
    connectAbstract: () => ({ errno: 'ECONNREFUSED', step: 'connect' }),
    peerUid: () => uid,
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
