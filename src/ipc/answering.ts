/** Answers the requests of all clients: in turns, root first, and equal ones once. */
import type { Session } from './control';
import { ROOT, type Uid } from './fairQueue';
import { encode, REPLY_LIMIT } from './framing';
import { failure } from './replies';
import { createReplyCache } from './replyCache';
import { createTurns } from './turns';

/** Takes requests, and gives each its reply as bytes for the socket. */
export interface Answering {
  /** `done` may be called at once or much later, and is called once. */
  answer(uid: Uid, text: string, done: (reply: Buffer) => void): void;
  /** A reply of this user's is being sent, until the returned function is called. */
  sending(uid: Uid): () => void;
}

/** A turn's length, ms: an event of the kernel waits for the engine no longer than this and one rendering. */
const TURN_MS = 4;

/**
 * Replies to one user but root that may be under way. Each socket that has room again costs a system call that copies
 * 150 KiB, and all of them come in one turn of the event loop. So further requests of the user wait.
 */
const SENDING_PER_USER = 16;

/** Room for the longest reply that there can be. */
const CACHE_BYTES = REPLY_LIMIT + 4096;

/** Replies are kept for this long, ms, after the last request: an idle daemon holds none. */
const CACHE_MS = 1_000;

function replyBytes(text: string): Buffer {
  const bytes = encode(text);
  return bytes.length >= REPLY_LIMIT ? encode(failure('reply too long for a client')) : bytes;
}

/** `inputs`: the number of the engine's last input. */
export function createAnswering(session: Session, inputs: () => number): Answering {
  const cache = createReplyCache(CACHE_BYTES);
  const underWay = new Map<Uid, number>();
  let count = 0;
  let forget: NodeJS.Timeout | undefined;

  const onIdle = (): void => {
    if (cache.bytes() === 0) return;
    clearTimeout(forget);
    forget = setTimeout(() => cache.clear(), CACHE_MS).unref();
  };

  const turns = createTurns({ turnMs: TURN_MS, now: () => performance.now(), later: setImmediate, onIdle });

  const work = (uid: Uid, text: string, at: number, done: (reply: Buffer) => void): void => {
    const isRoot = uid === ROOT;
    const key = `${isRoot ? 'root' : 'user'} ${text}`;
    const input = inputs();
    const known = cache.find(key, { at, input });
    if (known !== null) return done(known);
    const answer = session.handle(text, isRoot);
    if (!('text' in answer)) {
      // Changes and plans: the queue does not wait for them.
      void answer.then((reply) => done(replyBytes(reply)));
      return;
    }
    const bytes = replyBytes(answer.text);
    cache.keep(key, { bytes, at: ++count, input: answer.ofState ? input : null });
    done(bytes);
  };

  const sent = (uid: Uid): void => {
    const left = (underWay.get(uid) ?? 1) - 1;
    if (left > 0) underWay.set(uid, left);
    else underWay.delete(uid);
    if (left < SENDING_PER_USER) turns.release(uid);
  };

  return {
    sending: (uid) => {
      if (uid === ROOT) return () => undefined;
      const now = (underWay.get(uid) ?? 0) + 1;
      underWay.set(uid, now);
      if (now >= SENDING_PER_USER) turns.hold(uid);
      return () => sent(uid);
    },
    answer: (uid, text, done) => {
      const at = ++count;
      turns.submit(uid, () => work(uid, text, at, done));
    },
  };
}
