/**
 * The transport watcher's child process. It listens to netlink and sends hints to the daemon. It keeps no state that
 * matters: it may be killed at any time, and ends by itself when the daemon ends.
 */
import { writeFileSync } from 'node:fs';
import { decodeFcEvent } from './fcEvents';
import type { WatcherMessage } from './messages';
import { createNetwork, type Network } from './network';
import { createOutbox, type Outbox } from './outbox';
import { decodeRouteMessage } from './routeMessages';
import { dumpRoute, listenToFc, listenToRoute, type SocketEvents } from './sockets';

/** The ids of `nobody` and `nogroup` on Debian and most other systems. */
const NOBODY = 65534;
const OOM_FIRST_TO_GO = '1000';

/** Runs until the daemon ends. Rejects if it cannot listen. */
export async function runChild(): Promise<void> {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error('is started by mpathd only');
  dieWithTheDaemon();
  goFirstWhenMemoryIsShort();
  const tell = (message: WatcherMessage, done: () => void): void => void send(message, undefined, undefined, done);
  const outbox = createOutbox({ send: tell, after: (ms, callback) => void setTimeout(callback, ms) });
  const network = createNetwork();
  listenToRoute(
    events(outbox, (message) => {
      const fact = decodeRouteMessage(message.type, message.data);
      return fact === null ? null : network.observe(fact);
    }),
  );
  const fc = listenToFc(events(outbox, (message) => decodeFcEvent(message.type, message.data)));
  const unprivileged = dropPrivileges();
  await learn(network);
  tell({ kind: 'ready', fc, unprivileged }, () => undefined);
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

/**
 * The channel closes when the daemon ends, for whatever reason. Signals to the whole process group are meant for the
 * daemon.
 */
function dieWithTheDaemon(): void {
  process.on('disconnect', () => process.exit(0));
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
 * Gives up root's rights, which the open sockets do not need. False if the process may not (no CAP_SETUID), or is not
 * root.
 */
function dropPrivileges(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    process.setgroups?.([]);
    process.setgid?.(NOBODY);
    process.setuid?.(NOBODY);
    return true;
  } catch {
    // The bounding set of a service may lack the capability. The message to the daemon says so.
    return false;
  }
}
