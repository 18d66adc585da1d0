/** How many bytes of replies may wait for clients that have not read them yet. */
import { userText } from './admission';
import { ROOT, type Uid } from './fairQueue';

/** Bytes. A reply that several connections of one user wait for counts once: it is in memory once. */
export interface OutputLimits {
  /** Root's own, which nobody else gets. */
  root: number;
  /** Of one user but root. */
  perUser: number;
  /** Of all users but root. */
  users: number;
}

/** Counts replies that wait. */
export interface OutputBudget {
  /** Why the reply may not be sent; null: it is counted, until {@link give}. */
  take(uid: Uid, reply: Buffer): string | null;
  give(uid: Uid, reply: Buffer): void;
}

interface Waiting {
  bytes: number;
  /** How many connections wait for each reply. */
  replies: Map<Buffer, number>;
}

/** Nothing waits yet. */
export function createOutputBudget(limits: OutputLimits): OutputBudget {
  const waiting = new Map<Uid, Waiting>();
  let users = 0;

  const refusal = (uid: Uid, bytes: number, own: number): string | null => {
    if (uid === ROOT) return own + bytes > limits.root ? 'refused: too much output waits for clients of root' : null;
    if (own + bytes > limits.perUser)
      return `refused: ${own} bytes of output wait for clients of ${userText(uid)} that do not read`;
    return users + bytes > limits.users ? 'refused: too much output waits for clients that do not read' : null;
  };

  const change = (uid: Uid, entry: Waiting, bytes: number): void => {
    entry.bytes += bytes;
    if (uid !== ROOT) users += bytes;
  };

  return {
    take: (uid, reply) => {
      const entry = waiting.get(uid) ?? { bytes: 0, replies: new Map<Buffer, number>() };
      const readers = entry.replies.get(reply) ?? 0;
      const why = readers > 0 ? null : refusal(uid, reply.length, entry.bytes);
      if (why !== null) return why;
      if (readers === 0) change(uid, entry, reply.length);
      entry.replies.set(reply, readers + 1);
      waiting.set(uid, entry);
      return null;
    },
    give: (uid, reply) => {
      const entry = waiting.get(uid);
      const readers = entry?.replies.get(reply);
      if (entry === undefined || readers === undefined) return;
      if (readers > 1) {
        entry.replies.set(reply, readers - 1);
        return;
      }
      entry.replies.delete(reply);
      change(uid, entry, -reply.length);
      if (entry.replies.size === 0) waiting.delete(uid);
    },
  };
}
