/** The client's end of the socket, for mpathctl and tests. */
import { writeSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { parseAddress } from './addresses';
import { ROOT } from './fairQueue';
import { createDecoder, encode, HEADER_BYTES, REPLY_LIMIT, REQUEST_LIMIT } from './framing';
import { errnoOf } from './listen';
import type { NativeSockets } from './nativeSockets';
import { socketFd } from './socketFd';
import { MpathdError, type FailureCode } from '../model/failure';

/** How to reach the daemon. */
export interface ClientOptions {
  /** The client tries them in this order; see clientAddresses(). */
  addresses: readonly string[];
  /** The uids whose process is believed to be the daemon; see trustedUids(). */
  trusted: readonly number[];
  /** Time for a whole request and its reply, ms. */
  timeoutMs: number;
  /** Loads the addon, which names the process at the other end. */
  native(): NativeSockets;
}

/**
 * The daemon is root's: any user can take an abstract name while no daemon runs. At an address that the caller gave,
 * the caller's own process may answer, too, for example a simulation.
 */
export function trustedUids(explicit: boolean, own: number | undefined): number[] {
  return explicit && own !== undefined && own !== ROOT ? [ROOT, own] : [ROOT];
}

/** A full backlog is tried again after this time, ms. */
const BUSY_PAUSE_MS = 10;

function clientError(
  code: FailureCode,
  operation: string,
  device: string,
  errno: string | null,
  detail?: string,
): MpathdError {
  return new MpathdError({ code, operation, device, errno, ...(detail === undefined ? {} : { detail }) });
}

/** True if somebody answered whom the client does not believe. */
export function isImpostor({ failure }: MpathdError): boolean {
  return failure.operation === 'connect' && failure.errno === 'EPERM';
}

function connectPath(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('error', (error) => reject(clientError('KERNEL_ERROR', 'connect', path, errnoOf(error))));
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

async function open(text: string, native: NativeSockets): Promise<Socket> {
  const address = parseAddress(text);
  if (address.kind === 'path') return connectPath(address.path);
  const result = native.connectAbstract(address.name);
  if (result.errno !== null) throw clientError('KERNEL_ERROR', 'connect', text, result.errno);
  return new Socket({ fd: result.fd, readable: true, writable: true });
}

/** A socket to a process that the client believes. Root of another user namespace is another uid here. */
async function openTrusted(text: string, native: NativeSockets, trusted: readonly number[]): Promise<Socket> {
  const socket = await open(text, native);
  const fd = socketFd(socket);
  const peer = fd === null ? null : native.peerOf(fd);
  if (peer !== null && trusted.includes(peer.uid)) return socket;
  socket.destroy();
  const who = peer === null ? 'a process that the kernel does not name' : `pid ${peer.pid} of uid ${peer.uid}`;
  throw clientError('REFUSED', 'connect', text, 'EPERM', `${who} answers there, and only root's daemon is believed`);
}

/** While the backlog is full, the daemon is there. The client waits for a place until `deadline` (ms, as now()). */
async function openInTime(text: string, deadline: number, options: TrustOptions): Promise<Socket> {
  for (;;) {
    try {
      return await openTrusted(text, options.native(), options.trusted);
    } catch (error) {
      const full = error instanceof MpathdError && error.failure.errno === 'EAGAIN';
      if (!full || performance.now() + BUSY_PAUSE_MS > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
  }
}

type TrustOptions = Pick<ClientOptions, 'addresses' | 'native' | 'trusted'>;

// Opens the first address that answers. Without a daemon the first address gives the error. An impostor's tells most,
// and any other errno of the kernel tells more than that nobody is there.
async function openFirst(deadline: number, options: TrustOptions): Promise<{ socket: Socket; address: string }> {
  const errors: MpathdError[] = [];
  for (const address of options.addresses) {
    try {
      return { socket: await openInTime(address, deadline, options), address };
    } catch (error) {
      if (!(error instanceof MpathdError)) throw error;
      errors.push(error);
    }
  }
  const telling = errors.find(isImpostor) ?? errors.find((error) => !saysNobody(error));
  throw telling ?? errors[0] ?? clientError('REFUSED', 'connect', '', null, 'no address given');
}

/** True if nobody listens on the address. */
export function saysNobody({ failure }: MpathdError): boolean {
  const { operation, errno } = failure;
  return operation === 'connect' && (errno === 'ENOENT' || errno === 'ECONNREFUSED');
}

/**
 * Writes the request in one system call: it always fits into the empty socket. A daemon that has refused this client
 * has hung up already (EPIPE), but its words wait to be read; Node would throw them away with the failed write.
 */
function send(socket: Socket, request: Buffer, address: string): void {
  const fd = socketFd(socket);
  if (fd === null) return;
  try {
    writeSync(fd, request);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'EPIPE' && errno !== 'ECONNRESET') throw clientError('KERNEL_ERROR', 'send', address, errno);
  }
}

function receive(socket: Socket, address: string): Promise<string> {
  const decoder = createDecoder(REPLY_LIMIT - 1);
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      decoder.push(chunk);
      const decoded = decoder.next();
      if (decoded.kind === 'message') resolve(decoded.text);
      if (decoded.kind === 'bad-length')
        reject(clientError('MALFORMED', 'receive', address, null, `reply of ${decoded.length} bytes`));
    });
    socket.on('error', (error) => reject(clientError('KERNEL_ERROR', 'receive', address, errnoOf(error))));
    socket.on('close', () =>
      reject(clientError('KERNEL_ERROR', 'receive', address, 'ECONNRESET', 'the daemon hung up')),
    );
  });
}

function timeout(ms: number, address: string): { late: Promise<never>; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(clientError('TIMED_OUT', 'receive', address, null, `no reply within ${ms} ms`)),
      ms,
    );
  });
  return { late, cancel: () => clearTimeout(timer) };
}

/**
 * Sends one command and returns its reply. Rejects with an {@link MpathdError} if there is no daemon or no complete
 * reply. The reply is what the process at the other end says, and may be anything.
 */
export async function ask(command: string, options: ClientOptions): Promise<string> {
  const request = encode(command);
  if (request.length - HEADER_BYTES > REQUEST_LIMIT) {
    throw clientError('REFUSED', 'send', 'command', null, `longer than ${REQUEST_LIMIT} bytes`);
  }
  const { socket, address } = await openFirst(performance.now() + options.timeoutMs, options);
  const { late, cancel } = timeout(options.timeoutMs, address);
  try {
    const reply = receive(socket, address);
    send(socket, request, address);
    return await Promise.race([reply, late]);
  } finally {
    cancel();
    socket.destroy();
  }
}

/** How long, ms, listens() tries to learn who has a full backlog. */
const LISTENS_MS = 500;

/** True if a daemon listens. Sends nothing. A full backlog shows that the daemon exists. */
export async function listens(options: TrustOptions): Promise<boolean> {
  for (const address of options.addresses) {
    try {
      (await openInTime(address, performance.now() + LISTENS_MS, options)).destroy();
      return true;
    } catch (error) {
      if (!(error instanceof MpathdError)) throw error;
      if (error.failure.errno === 'EAGAIN') return true;
    }
  }
  return false;
}
