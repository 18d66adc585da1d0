/** One client: its requests one after another, its replies, and the bounds on both. */
import type { Socket } from 'node:net';
import type { Session } from './control';
import { createDecoder, encode, REPLY_LIMIT, REQUEST_LIMIT } from './framing';
import { failure } from './replies';

/** Bounds that no client can pass. */
export interface ConnectionLimits {
  /** From a message's first byte to its last, ms. */
  messageTimeoutMs: number;
  /** How long a client may take nothing of a reply, ms. */
  stallTimeoutMs: number;
  /** Replies that clients have not taken yet, bytes, over all clients. */
  outputBytes: number;
}

/** What all connections share. */
export interface ConnectionHost {
  session: Session;
  limits: ConnectionLimits;
  /** Bytes of replies that are not taken yet, over all clients. */
  output: { bytes: number };
  log(message: string): void;
}

/** A client being served. */
export interface Connection {
  /** Answers the request in hand, then hangs up. */
  finish(): void;
}

function replyBytes(text: string): Buffer {
  const bytes = encode(text);
  return bytes.length >= REPLY_LIMIT ? encode(failure('reply too long for a client')) : bytes;
}

/**
 * Serves a client until it or {@link Connection.finish} hangs up. While a request is being answered
 * nothing more is read: what a client sends ahead waits in the kernel.
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
    // Node counts progress of a write as activity, so that a slow reader is not taken for a stalled one.
    socket.setTimeout(limits.stallTimeoutMs);
    await new Promise<void>((resolve) => {
      // Also called when the socket is destroyed meanwhile.
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
      // One client with many requests must not keep the others, or the engine, waiting.
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
  // A client may have shut down its sending side only: what it asked for is still answered.
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
