/** Replies that further requests may get, too: so equal requests are rendered and encoded once. */

/** A reply in the form in which it goes over the socket. */
export interface CachedReply {
  bytes: Buffer;
  /** The moment of its rendering, on the count of {@link Asked.at}. */
  at: number;
  /** The number of the engine's last input at that moment; null: the reply depends on more than the engine's state. */
  input: number | null;
}

/** A request: when it arrived, by a count of arrivals and renderings, and the number of the engine's last input. */
export interface Asked {
  at: number;
  input: number;
}

/** Replies by request. */
export interface ReplyCache {
  find(key: string, asked: Asked): Buffer | null;
  keep(key: string, reply: CachedReply): void;
  clear(): void;
  /** Bytes of all replies, with what each costs beside its text. */
  bytes(): number;
}

/** What an entry costs beside the reply: the request's text, and about this much for the objects. */
const ENTRY_BYTES = 512;

function costOf(key: string, reply: CachedReply): number {
  return reply.bytes.length + 2 * key.length + ENTRY_BYTES;
}

/**
 * True if the reply is as good as a new one. A reply that was rendered after the request arrived shows a moment between
 * request and answer. An older reply is good as long as the engine has had no input since.
 */
function isGood(reply: CachedReply, asked: Asked): boolean {
  return reply.at > asked.at || (reply.input !== null && reply.input === asked.input);
}

/** An empty cache for at most `limit` bytes. The oldest replies go first. */
export function createReplyCache(limit: number): ReplyCache {
  const replies = new Map<string, CachedReply>();
  let held = 0;

  const drop = (key: string): void => {
    const reply = replies.get(key);
    if (reply === undefined) return;
    held -= costOf(key, reply);
    replies.delete(key);
  };

  return {
    find: (key, asked) => {
      const reply = replies.get(key);
      return reply !== undefined && isGood(reply, asked) ? reply.bytes : null;
    },
    keep: (key, reply) => {
      const cost = costOf(key, reply);
      drop(key);
      if (cost > limit) return;
      for (const oldest of replies.keys()) {
        if (held + cost <= limit) break;
        drop(oldest);
      }
      replies.set(key, reply);
      held += cost;
    },
    clear: () => {
      replies.clear();
      held = 0;
    },
    bytes: () => held,
  };
}
