/** How many clients may be connected: in all, of one user, and the places that only root gets. */
import { ROOT, type Uid } from './fairQueue';

/** Numbers of connections. */
export interface ClientLimits {
  all: number;
  /** Of `all`, those that only root gets. */
  reservedForRoot: number;
  /** Of each user but root. */
  perUser: number;
}

/** Counts the clients. */
export interface Admission {
  /** Why the client is refused; null: it is counted, until {@link leave}. */
  admit(uid: Uid): string | null;
  leave(uid: Uid): void;
  count(): number;
}

/** Descriptors that are no clients': of disks, sysfs, files, and of Node. */
const OWN_DESCRIPTORS = 512;
const MOST_CLIENTS = 16_000;
const FEWEST_CLIENTS = 8;
const RESERVED_FOR_ROOT = 64;
const PER_USER = 256;

/** The limits of a process that may have this many open files (RLIMIT_NOFILE). */
export function clientLimits(openFiles: number): ClientLimits {
  const all = Math.max(FEWEST_CLIENTS, Math.min(MOST_CLIENTS, openFiles - OWN_DESCRIPTORS));
  return { all, reservedForRoot: Math.min(RESERVED_FOR_ROOT, Math.ceil(all / 2)), perUser: PER_USER };
}

/** A user for people. */
export function userText(uid: Uid): string {
  return uid === null ? 'users whom the kernel does not name' : `uid ${uid}`;
}

/** Nobody is connected yet. */
export function createAdmission(limits: ClientLimits): Admission {
  const connected = new Map<Uid, number>();
  let all = 0;
  let users = 0;

  const refusal = (uid: Uid): string | null => {
    if (all >= limits.all) return `refused: too many connections in all, ${all} are open`;
    if (uid === ROOT) return null;
    const own = connected.get(uid) ?? 0;
    if (own >= limits.perUser) return `refused: too many connections of ${userText(uid)}, ${own} are open`;
    if (users < limits.all - limits.reservedForRoot) return null;
    return `refused: too many connections in all, and the last ${limits.reservedForRoot} are for root`;
  };

  const count = (uid: Uid, by: 1 | -1): void => {
    all += by;
    if (uid !== ROOT) users += by;
    const own = (connected.get(uid) ?? 0) + by;
    if (own > 0) connected.set(uid, own);
    else connected.delete(uid);
  };

  return {
    admit: (uid) => {
      const why = refusal(uid);
      if (why === null) count(uid, 1);
      return why;
    },
    leave: (uid) => count(uid, -1),
    count: () => all,
  };
}
