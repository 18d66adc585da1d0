/** The daemon's socket. It listens, tells root from other users, and bounds what clients can use. */
import { createServer, type Server, type Socket } from 'node:net';
import { serve, type Connection, type ConnectionHost, type ConnectionLimits } from './connection';
import type { Session } from './control';
import { assertSilent, listenOnAddress, listenOnInherited } from './listen';
import { createLimitedLog, type LogLimit } from './limitedLog';
import type { NativeSockets } from './nativeSockets';

/** How the server listens, and what it allows. */
export interface ServerOptions {
  session: Session;
  native: NativeSockets;
  /** See listenAddresses(). They are not used if there are inherited sockets. */
  addresses: readonly string[];
  /** See inheritedFds(). */
  inherited?: readonly number[];
  log(message: string): void;
  /** The greatest number of clients. The server hangs up on more. */
  maxClients?: number;
  limits?: Partial<ConnectionLimits>;
}

/** A running server. */
export interface IpcServer {
  /** For tests and status. */
  clients(): number;
  /** Stops listening, sends replies that are under way, then hangs up. Resolves when all connections are closed. */
  close(): Promise<void>;
}

const MAX_CLIENTS = 16_000;
const LIMITS: ConnectionLimits = { messageTimeoutMs: 4000, stallTimeoutMs: 30_000, outputBytes: 256 * 1024 * 1024 };

/** Faults of clients are logged, up to this limit. */
const CLIENT_LOG: LogLimit = { lines: 10, everyMs: 60_000 };

/** How long, ms, close() waits for clients to read their replies. */
const CLOSE_GRACE_MS = 1000;

// Node has no public way to a socket's descriptor.
function fdOf(socket: Socket): number | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : null;
  return typeof fd === 'number' && fd >= 0 ? fd : null;
}

function isRoot(socket: Socket, native: NativeSockets): boolean {
  const fd = fdOf(socket);
  return fd !== null && native.peerUid(fd) === 0;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (server.listening) server.close(() => resolve());
    else resolve();
  });
}

/**
 * Listens on the inherited sockets, or on all addresses. If another daemon answers on one of them, it rejects with an
 * MpathdError and listens on none.
 */
export async function startServer(options: ServerOptions): Promise<IpcServer> {
  const { native, addresses, inherited = [], maxClients = MAX_CLIENTS } = options;
  const log = createLimitedLog(options.log, CLIENT_LOG, () => performance.now());
  const host: ConnectionHost = {
    session: options.session,
    limits: { ...LIMITS, ...options.limits },
    output: { bytes: 0 },
    log,
  };
  const clients = new Map<Socket, Connection>();
  const servers: Server[] = [];

  const accept = (socket: Socket): void => {
    if (clients.size >= maxClients) {
      log(`socket client refused: ${clients.size} are connected`);
      socket.destroy();
      return;
    }
    clients.set(socket, serve(socket, isRoot(socket, native), host));
    socket.on('close', () => clients.delete(socket));
  };

  const newServer = (): Server => {
    // Half-open: a client may send its request, shut down its sending side and wait for the reply.
    const server = createServer({ allowHalfOpen: true }, accept);
    servers.push(server);
    return server;
  };

  const close = async (): Promise<void> => {
    const all = Promise.all(servers.map(closed));
    for (const connection of clients.values()) connection.finish();
    const grace = setTimeout(() => {
      for (const socket of clients.keys()) socket.destroy();
    }, CLOSE_GRACE_MS);
    await all;
    clearTimeout(grace);
  };

  try {
    for (const fd of inherited) await listenOnInherited(newServer(), fd);
    if (inherited.length === 0) {
      for (const address of addresses) await assertSilent(address, native);
      for (const address of addresses) await listenOnAddress(newServer(), address, native);
    }
  } catch (error) {
    await close();
    throw error;
  }
  for (const server of servers) server.on('error', (error) => log(`socket: ${error.message}`));
  return { clients: () => clients.size, close };
}
