import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A connection that carries one JSON object per line, both ways. */
export interface JsonLines {
  send(message: object): void;
  close(): void;
}

/** What a connection's owner is told. `onMessage` gets every complete line, parsed. */
export interface JsonLinesEvents {
  onMessage(message: Record<string, unknown>): void;
  onClose(): void;
}

/** Narrows parsed JSON to an object. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Connects to a unix socket; rejects with the system's error when nobody listens there. */
export const openSocket = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });

/** Reads and writes a byte stream as JSON lines. */
export const jsonLinesOver = (socket: Duplex, events: JsonLinesEvents): JsonLines => {
  // In parts, joined at a line's end: a large answer comes as thousands of chunks.
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
  // The close that follows tells what matters.
  socket.on('error', () => undefined);
  socket.on('close', () => events.onClose());
  return {
    send: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    close: () => void socket.destroy(),
  };
};
