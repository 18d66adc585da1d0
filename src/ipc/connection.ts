/** One client: its requests one after another, its replies, and the bounds of both. */
import type { Socket } from 'node:net';
import type { Answering } from './answering';
import { ROOT, type Uid } from './fairQueue';
import { createDecoder, encode, REQUEST_LIMIT } from './framing';
import type { OutputBudget } from './outputBudget';
import { failure } from './replies';

/** Times that hold for every client. */
export interface ConnectionLimits {
  /** Time from the first byte of a message to its last, ms. */
  messageTimeoutMs: number;
  /** How long, ms, a client may read nothing of its reply. */
  stallTimeoutMs: number;
  /** How long, ms, a client of a user other than root may be connected without a request. */
  idleTimeoutMs: number;
}

/** What all connections share. */
export interface ConnectionHost {
  answering: Answering;
  limits: ConnectionLimits;
  output: OutputBudget;
  /** Logs a fault of a client. */
  log(message: string): void;
}

/** A client that is being served. */
export interface Connection {
  /** Answers the present request, then hangs up. */
  finish(): void;
}

/**
 * Serves a client until the client or {@link Connection.finish} hangs up. While a request waits or is being answered
 * nothing more is read. Further requests wait in the kernel.
 */
export function serve(socket: Socket, uid: Uid, host: ConnectionHost): Connection {
  const { answering, limits, output, log } = host;
  const decoder = createDecoder(REQUEST_LIMIT);
  let busy = false;
  let finishing = false;
  let peerDone = false;
  let late: NodeJS.Timeout | undefined;

  const hangUp = (why: string): void => {
    log(`socket client dropped: ${why}`);
    socket.destroy();
  };

  /** Says why, then ends the connection. The client has read all earlier replies, so this one finds room. */
  const dismiss = (why: string): void => {
    busy = true;
    socket.pause();
    socket.setTimeout(limits.stallTimeoutMs);
    socket.end(encode(failure(why)), () => socket.destroy());
  };

  const awaitRequest = (): void => {
    busy = false;
    if (finishing || peerDone) {
      socket.end();
      return;
    }
    if (decoder.midMessage()) late ??= setTimeout(() => hangUp('message not whole in time'), limits.messageTimeoutMs);
    socket.setTimeout(uid === ROOT ? 0 : limits.idleTimeoutMs);
    socket.resume();
  };

  const send = (reply: Buffer): void => {
    if (socket.destroyed) return;
    const refusal = output.take(uid, reply);
    if (refusal !== null) {
      log(`socket client ${refusal}`);
      dismiss(refusal);
      return;
    }
    // Node counts the progress of a write as activity, so a slow reader does not count as stalled.
    socket.setTimeout(limits.stallTimeoutMs);
    let sent = (): void => undefined;
    // The callback also comes when the socket is destroyed meanwhile.
    socket.write(reply, () => {
      output.give(uid, reply);
      sent();
      if (!socket.destroyed) nextRequest();
    });
    if (socket.writableLength > 0) sent = answering.sending(uid);
  };

  const nextRequest = (): void => {
    if (finishing) return awaitRequest();
    const decoded = decoder.next();
    if (decoded.kind === 'bad-length') return hangUp(`message of ${decoded.length} bytes`);
    if (decoded.kind === 'partial') return awaitRequest();
    clearTimeout(late);
    late = undefined;
    busy = true;
    socket.pause();
    socket.setTimeout(0);
    answering.answer(uid, decoded.text, send);
  };

  socket.on('data', (chunk: Buffer) => {
    decoder.push(chunk);
    if (!busy) nextRequest();
  });
  // A client may shut down only its sending side. Its requests are still answered.
  socket.on('end', () => {
    peerDone = true;
    if (!busy) socket.end();
  });
  socket.on('timeout', () => {
    if (busy) hangUp('does not read its reply');
    else dismiss(`closed: no request for ${limits.idleTimeoutMs / 1000} s`);
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearTimeout(late));
  awaitRequest();

  return {
    finish: () => {
      finishing = true;
      if (!busy) socket.end();
    },
  };
}
