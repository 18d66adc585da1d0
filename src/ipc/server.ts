/** The daemon's socket. It listens, tells root from other users, and bounds what clients can use. */
import { Socket } from 'node:net';
import { createAdmission, type ClientLimits } from './admission';
import { createAnswering } from './answering';
import { serve, type Connection, type ConnectionHost, type ConnectionLimits } from './connection';
import { contestName } from './contestedNames';
import type { Session } from './control';
import type { Uid } from './fairQueue';
import { encode } from './framing';
import { createLimitedLog, type LogLimit } from './limitedLog';
import { listenOnAddress, removeAddress } from './listen';
import type { NativeSockets } from './nativeSockets';
import { createOutputBudget, type OutputLimits } from './outputBudget';
import { failure } from './replies';

/** How the server listens, and what it allows. */
export interface ServerOptions {
  session: Session;
  native: NativeSockets;
  /** See listenAddresses(). They are not used if there are inherited sockets. */
  addresses: readonly string[];
  /** See inheritedFds(). */
  inherited?: readonly number[];
  /** The number of the engine's last input: as long as it stays, a reply about the engine's state stays true. */
  inputs(): number;
  log(level: 'error' | 'warning' | 'notice', message: string): void;
  clients: ClientLimits;
  output?: OutputLimits;
  limits?: Partial<ConnectionLimits>;
  /** The time between two attempts to take a name that another user has, ms. */
  retryMs?: number;
  /** Makes a socket of a client's descriptor; for tests. */
  open?(fd: number): Socket;
}

/** A running server. */
export interface IpcServer {
  /** For tests and status. */
  clients(): number;
  /** Stops listening, sends replies that are under way, then hangs up. Resolves when all connections are closed. */
  close(): Promise<void>;
}

const LIMITS: ConnectionLimits = { messageTimeoutMs: 4000, stallTimeoutMs: 30_000, idleTimeoutMs: 60_000 };

const MIB = 1024 * 1024;
/** One user can have one reply of the greatest length, or as many replies as connections on a host of usual size. */
const OUTPUT: OutputLimits = { root: 128 * MIB, perUser: 48 * MIB, users: 128 * MIB };

/** Faults of clients are logged, up to this limit. */
const CLIENT_LOG: LogLimit = { lines: 10, everyMs: 60_000 };

/** How long, ms, close() waits for clients to read their replies. */
const CLOSE_GRACE_MS = 1000;

/**
 * Clients taken in, or refused, in one turn of the event loop, from each listening socket. A refusal takes some 10 µs.
 */
const CLIENTS_A_TURN = 256;

/** How long, ms, the server accepts nobody when it cannot (EMFILE). */
const ACCEPT_PAUSE_MS = 100;

const RETRY_MS = 10_000;

// Half-open: a client may send its request, shut down its sending side and wait for the reply.
const openSocket = (fd: number): Socket => new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });

/** The clients of all listening sockets. */
interface Clients {
  take(fd: number, uid: Uid): void;
  count(): number;
  finish(): Promise<void>;
}

function createClients(options: ServerOptions, log: (message: string) => void): Clients {
  const { native, open = openSocket } = options;
  const admission = createAdmission(options.clients);
  const host: ConnectionHost = {
    answering: createAnswering(options.session, options.inputs),
    limits: { ...LIMITS, ...options.limits },
    output: createOutputBudget(options.output ?? OUTPUT),
    log,
  };
  const clients = new Map<Socket, Connection>();
  let onEmpty: () => void = () => undefined;

  return {
    take: (fd, uid) => {
      const refusal = admission.admit(uid);
      if (refusal !== null) {
        log(`socket client ${refusal}`);
        native.refuseClient(fd, encode(failure(refusal)));
        return;
      }
      const socket = open(fd);
      clients.set(socket, serve(socket, uid, host));
      socket.on('close', () => {
        admission.leave(uid);
        clients.delete(socket);
        if (clients.size === 0) onEmpty();
      });
    },
    count: () => clients.size,
    finish: async () => {
      for (const connection of clients.values()) connection.finish();
      const grace = setTimeout(() => {
        for (const socket of clients.keys()) socket.destroy();
      }, CLOSE_GRACE_MS);
      if (clients.size > 0) await new Promise<void>((resolve) => (onEmpty = resolve));
      clearTimeout(grace);
    },
  };
}

/**
 * Listens on the inherited sockets, or on all addresses. If another daemon answers on one of them, it rejects with an
 * MpathdError and listens on none. A name that another user has taken is left out until it is free.
 */
export async function startServer(options: ServerOptions): Promise<IpcServer> {
  const { native, addresses, inherited = [], retryMs = RETRY_MS } = options;
  const log = createLimitedLog(
    (line) => options.log('warning', line),
    CLIENT_LOG,
    () => performance.now(),
  );
  const clients = createClients(options, log);
  const stops: Array<() => void> = [];

  const listen = (fd: number): void => {
    const watch = native.acceptClients(fd, CLIENTS_A_TURN, (arrived, errno) => {
      for (const client of arrived) clients.take(client.fd, client.uid);
      if (errno === null) return;
      log(`socket clients cannot be accepted: ${errno}`);
      setTimeout(() => watch.resume(), ACCEPT_PAUSE_MS).unref();
    });
    stops.push(() => watch.stop());
  };

  const take = async (address: string): Promise<void> => {
    const result = await listenOnAddress(address, native);
    if (result.kind === 'taken') {
      stops.push(contestName(address, result.owner, { native, retryMs, log: options.log, onListening: listen }));
      return;
    }
    stops.push(() => removeAddress(address));
    listen(result.fd);
  };

  const stop = (): void => {
    for (const one of stops.splice(0).reverse()) one();
  };

  try {
    for (const fd of inherited) listen(fd);
    if (inherited.length === 0) for (const address of addresses) await take(address);
  } catch (error) {
    stop();
    throw error;
  }
  return {
    clients: clients.count,
    close: () => {
      stop();
      return clients.finish();
    },
  };
}
