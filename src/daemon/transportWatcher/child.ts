/**
 * The transport watcher's child process. It listens to netlink and sends hints to the daemon. It keeps no state that
 * matters: it may be killed at any time, and ends by itself when the daemon ends.
 */
import { fstatSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { CHANNEL_FD, EXIT_PRIVILEGED } from './channel';
import { decodeFcEvent } from './fcEvents';
import type { WatcherMessage } from './messages';
import { createNetwork, type Network } from './network';
import { createOutbox, type Outbox } from './outbox';
import { decodeRouteMessage } from './routeMessages';
import { dumpRoute, listenToFc, listenToRoute, type SocketEvents } from './sockets';

/**
 * The user and the group of this process, and of no other one: a process of the same user could trace or kill it.
 * `nobody` has other processes. systemd and Debian give out no number from 65520 to 65533.
 */
const OWN_ID = 65528;
const OOM_FIRST_TO_GO = '1000';

/** Runs until the daemon ends. Rejects if it cannot listen. */
export async function runChild(): Promise<void> {
  const channel = openChannel();
  ignoreSignals();
  goFirstWhenMemoryIsShort();
  const tell = (message: WatcherMessage, done: () => void): void =>
    void channel.write(`${JSON.stringify(message)}\n`, () => done());
  const outbox = createOutbox({ send: tell, after: (ms, callback) => void setTimeout(callback, ms) });
  const network = createNetwork();
  listenToRoute(
    events(outbox, (message) => {
      const fact = decodeRouteMessage(message.type, message.data);
      return fact === null ? null : network.observe(fact);
    }),
  );
  const fc = listenToFc(events(outbox, (message) => decodeFcEvent(message.type, message.data)));
  // Only now: to join the FC events needs CAP_NET_ADMIN. No message was read yet, as this function has not waited.
  dropPrivileges();
  await learn(network);
  tell({ kind: 'ready', fc }, () => undefined);
}

type Message = Parameters<SocketEvents['onMessage']>[0];

function events(outbox: Outbox, hintOf: (message: Message) => Parameters<Outbox['add']>[0] | null): SocketEvents {
  return {
    onMessage: (message) => {
      const hint = hintOf(message);
      if (hint !== null) outbox.add(hint);
    },
    onUnreadable: () => outbox.add({ kind: 'missed' }),
    // The daemon starts a new process, which listens again. So the daemon knows that it may have missed an event.
    onError: () => process.exit(1),
  };
}

async function learn(network: Network): Promise<void> {
  for (const message of await dumpRoute()) {
    const fact = decodeRouteMessage(message.type, message.data);
    if (fact !== null) network.learn(fact);
  }
}

/** The channel closes when the daemon ends, for whatever reason. */
function openChannel(): Socket {
  if (!isSocket(CHANNEL_FD)) throw new Error('is started by mpathd only');
  const channel = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
  channel.on('error', () => process.exit(0));
  channel.on('close', () => process.exit(0));
  channel.resume();
  return channel;
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

/** Signals to the whole process group are meant for the daemon. */
function ignoreSignals(): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
}

function goFirstWhenMemoryIsShort(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', OOM_FIRST_TO_GO);
  } catch {
    // Without /proc the process keeps the daemon's score. No other part depends on this.
  }
}

/**
 * Gives up root's rights, in all threads, which the open sockets do not need. The kernel empties the sets of
 * capabilities, and lets no process of another user trace this one (capabilities(7), PR_SET_DUMPABLE). If that is not
 * possible, the process ends: it must not read what others sent with root's rights.
 */
function dropPrivileges(): void {
  if (process.getuid?.() !== 0) return;
  try {
    process.setgroups?.([]);
    process.setgid?.(OWN_ID);
    process.setuid?.(OWN_ID);
  } catch {
    process.exit(EXIT_PRIVILEGED);
  }
}
