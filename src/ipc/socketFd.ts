/** The descriptor of one of Node's sockets. */
import type { Socket } from 'node:net';

/** Node has no public way to it. null: the socket is closed. */
export function socketFd(socket: Socket): number | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : null;
  return typeof fd === 'number' && fd >= 0 ? fd : null;
}
