/** The client's end of the socket, for mpathctl and tests. */
import { connect, Socket } from 'node:net';
import { parseAddress } from './addresses';
import { createDecoder, encode, HEADER_BYTES, REPLY_LIMIT, REQUEST_LIMIT } from './framing';
import { errnoOf } from './listen';
import type { NativeSockets } from './nativeSockets';
import { MpathdError, type FailureCode } from '../model/failure';

/** How to reach the daemon. */
export interface ClientOptions {
  /** The client tries them in this order; see clientAddresses(). */
  addresses: readonly string[];
  /** Time for a whole request and its reply, ms. */
  timeoutMs: number;
  /** Called only if an abstract address is tried, because the addon takes time to load. */
  native(): NativeSockets;
}

function clientError(
  code: FailureCode,
  operation: string,
  device: string,
  errno: string | null,
  detail?: string,
): MpathdError {
  return new MpathdError({ code, operation, device, errno, ...(detail === undefined ? {} : { detail }) });
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

async function open(text: string, native: ClientOptions['native']): Promise<Socket> {
  const address = parseAddress(text);
  if (address.kind === 'path') return connectPath(address.path);
  const result = native().connectAbstract(address.name);
  if (result.errno !== null) throw clientError('KERNEL_ERROR', 'connect', text, result.errno);
  return new Socket({ fd: result.fd, readable: true, writable: true });
}

// Opens the first address that answers. Without a daemon the first address gives the error. Any other errno of the
// kernel tells more, and goes first.
async function openFirst(options: ClientOptions): Promise<{ socket: Socket; address: string }> {
  const errors: MpathdError[] = [];
  for (const address of options.addresses) {
    try {
      return { socket: await open(address, options.native), address };
    } catch (error) {
      if (!(error instanceof MpathdError)) throw error;
      errors.push(error);
    }
  }
  const telling = errors.find(
    ({ failure: { errno } }) => errno !== null && errno !== 'ENOENT' && errno !== 'ECONNREFUSED',
  );
  throw telling ?? errors[0] ?? clientError('REFUSED', 'connect', '', null, 'no address given');
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
 * reply.
 */
export async function ask(command: string, options: ClientOptions): Promise<string> {
  const request = encode(command);
  if (request.length - HEADER_BYTES > REQUEST_LIMIT) {
    throw clientError('REFUSED', 'send', 'command', null, `longer than ${REQUEST_LIMIT} bytes`);
  }
  const { socket, address } = await openFirst(options);
  const { late, cancel } = timeout(options.timeoutMs, address);
  try {
    socket.write(request);
    return await Promise.race([receive(socket, address), late]);
  } finally {
    cancel();
    socket.destroy();
  }
}

/**
 * True if a daemon listens. The function sends nothing and waits for nothing: a full backlog shows that the daemon
 * exists.
 */
export async function listens({ addresses, native }: Pick<ClientOptions, 'addresses' | 'native'>): Promise<boolean> {
  for (const address of addresses) {
    try {
      (await open(address, native)).destroy();
      return true;
    } catch (error) {
      if (!(error instanceof MpathdError)) throw error;
      if (error.failure.errno === 'EAGAIN') return true;
    }
  }
  return false;
}
