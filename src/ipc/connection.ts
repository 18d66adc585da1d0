/** One client: its requests one after another, its replies, and the bounds of both. */
import type { Socket } from 'node:net';
import type { Session } from './control';
import { createDecoder, encode, REPLY_LIMIT, REQUEST_LIMIT } from './framing';
import { failure } from './replies';

/** Bounds that hold for every client. */
export interface ConnectionLimits {
  /** Time from the first byte of a message to its last, ms. */
  messageTimeoutMs: number;
  /** How long, ms, a client may read nothing of its reply. */
  stallTimeoutMs: number;
  /** Bytes of replies that clients have not read yet, over all clients. */
  outputBytes: number;
}

/** The state that all connections share. */
export interface ConnectionHost {
  session: Session;
  limits: ConnectionLimits;
  /** Bytes of replies that clients have not read yet, over all clients. */
  output: { bytes: number };
  log(message: string): void;
}

/** A client that is being served. */
export interface Connection {
  /** Answers the present request, then hangs up. */
  finish(): void;
}

function replyBytes(text: string): Buffer {
  const bytes = encode(text);
  return bytes.length >= REPLY_LIMIT ? encode(failure('reply too long for a client')) : bytes;
}

/**
 * Serves a client until the client or {@link Connection.finish} hangs up. While a request is being answered nothing
 * more is read. Further requests wait in the kernel.
 */
export function serve(socket: Socket, isRoot: boolean, host: ConnectionHost): Connection {
  const { session, limits, output, log } = host;
  const decoder = createDecoder(REQUEST_LIMIT);
  let answering = false;
  let finishing = false;
  let peerDone = false;
  let late: NodeJS.Timeout | undefined;

  const watchMessage = (): void => {
    if (!decoder.midMessage()) {
      clearTimeout(late);
      late = undefined;
    } else {
      late ??= setTimeout(() => hangUp('message not whole in time'), limits.messageTimeoutMs);
    }
  };

  const hangUp = (why: string): void => {
    log(`socket client dropped: ${why}`);
    socket.destroy();
  };

  const send = async (text: string): Promise<void> => {
    const bytes = replyBytes(text);
    if (output.bytes + bytes.length > limits.outputBytes) {
      hangUp('too much output waits for clients that do not read');
      return;
    }
    output.bytes += bytes.length;
    // Node counts the progress of a write as activity, so a slow reader does not count as stalled.
    socket.setTimeout(limits.stallTimeoutMs);
    await new Promise<void>((resolve) => {
      // The callback also comes when the socket is destroyed meanwhile.
      socket.write(bytes, () => resolve());
    });
    socket.setTimeout(0);
    output.bytes -= bytes.length;
  };

  const answerAll = async (): Promise<void> => {
    for (;;) {
      const decoded = decoder.next();
      if (decoded.kind === 'bad-length') return hangUp(`message of ${decoded.length} bytes`);
      if (decoded.kind === 'partial' || socket.destroyed) return;
      clearTimeout(late);
      late = undefined;
      socket.pause();
      await send(await session.handle(decoded.text, isRoot));
      if (finishing) return;
      // A client with many requests must not delay the other clients or the engine.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };

  const pump = async (): Promise<void> => {
    if (answering) return;
    answering = true;
    await answerAll();
    answering = false;
    if (socket.destroyed) return;
    if (finishing || peerDone) {
      socket.end();
      return;
    }
    watchMessage();
    socket.resume();
  };

  socket.on('data', (chunk: Buffer) => {
    decoder.push(chunk);
    void pump();
  });
  // A client may shut down only its sending side. Its requests are still answered.
  socket.on('end', () => {
    peerDone = true;
    if (!answering) socket.end();
  });
  socket.on('timeout', () => hangUp('does not read its reply'));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearTimeout(late));

  return {
    finish: () => {
      finishing = true;
      if (!answering) socket.end();
    },
  };
}
