import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A connection that carries one JSON object per line, both ways. */
export interface JsonLines {
  send(message: object): void;
  close(): void;
}

/** The events for a connection's owner. `onMessage` gets every complete line, parsed. */
export interface JsonLinesEvents {
  onMessage(message: Record<string, unknown>): void;
  onClose(): void;
}

/** Narrows parsed JSON to an object. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Longest time, ms, between the bind of a socket, which makes its file, and the listen. */
const LISTENS_WITHIN_MS = 5_000;

/** Connects to a unix socket. Rejects with the system's error if no process begins to listen there. */
export const openSocket = async (path: string): Promise<Socket> => {
  for (const deadline = Date.now() + LISTENS_WITHIN_MS; ; await sleep(20)) {
    try {
      return await tryToConnect(path);
    } catch (error) {
      const refused = (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
      if (!refused || Date.now() > deadline) throw error;
    }
  }
};

const tryToConnect = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });

/** Reads and writes a byte stream as JSON lines. */
export const jsonLinesOver = (socket: Duplex, events: JsonLinesEvents): JsonLines => {
  // The parts of a line are joined at its end, because a large answer comes as thousands of chunks.
  let parts: string[] = [];
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = chunk.split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      parts.push(line);
      const message: unknown = JSON.parse(parts.join(''));
      parts = [];
      if (isRecord(message)) events.onMessage(message);
    }
    parts.push(rest);
  });
  // The close event that follows has the reason.
  socket.on('error', () => undefined);
  socket.on('close', () => events.onClose());
  return {
    send: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    close: () => void socket.destroy(),
  };
};
