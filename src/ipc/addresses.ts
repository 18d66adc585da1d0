/** The addresses of the daemon's socket. An address is written as a path, or as `@` and an abstract name. */
import { MpathdError } from '../model/failure';

/** The address that multipathd has always had. It belongs to a network namespace, so containers do not reach it. */
const ABSTRACT_ADDRESS = '@/org/kernel/linux/storage/multipathd';

/** The second address of multipathd, since 0.12. */
const PATH_ADDRESS = '/run/multipathd.socket';

/** An address by its kind. */
export type Address = { kind: 'abstract'; name: string } | { kind: 'path'; path: string };

/** The length of sun_path in unix(7), without the NUL at its beginning or end. */
const LENGTH_LIMIT = 107;

/** Throws an {@link MpathdError} if the text is no address. */
export function parseAddress(text: string): Address {
  const name = text.startsWith('@') ? text.slice(1) : text;
  const problem =
    name === ''
      ? 'empty'
      : Buffer.byteLength(name) > LENGTH_LIMIT
        ? 'too long'
        : name.includes('\0')
          ? 'contains NUL'
          : null;
  if (problem !== null) {
    throw new MpathdError({ code: 'REFUSED', operation: 'socket address', device: text, errno: null, detail: problem });
  }
  return text.startsWith('@') ? { kind: 'abstract', name } : { kind: 'path', path: text };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The addresses on which the daemon listens. */
export function listenAddresses(env: Environment): string[] {
  const named = env['MULTIPATH_SOCKET_NAME'];
  return named === undefined || named === '' ? [ABSTRACT_ADDRESS, PATH_ADDRESS] : [named];
}

/** The addresses that a client tries, in this order; `explicit`: the user has named the address. */
export function clientAddresses(env: Environment, socket: string | null): { addresses: string[]; explicit: boolean } {
  const named = socket ?? env['MULTIPATH_SOCKET_NAME'];
  if (named === undefined || named === '') return { addresses: [PATH_ADDRESS, ABSTRACT_ADDRESS], explicit: false };
  return { addresses: [named], explicit: true };
}

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_INHERITED_FD = 3;

/** The sockets that systemd hands over, sd_listen_fds(3). Throws an {@link MpathdError} if there are more than two. */
export function inheritedFds(env: Environment, pid: number): number[] {
  const count = Number(env['LISTEN_FDS'] ?? '0');
  if (env['LISTEN_PID'] !== String(pid) || !Number.isInteger(count) || count <= 0) return [];
  if (count > 2) {
    const detail = `${count} sockets, at most 2 are expected`;
    throw new MpathdError(
      { code: 'REFUSED', operation: 'sd_listen_fds', device: 'LISTEN_FDS', errno: null, detail },
      'look at the ListenStream= lines of the socket unit',
    );
  }
  return Array.from({ length: count }, (_, index) => FIRST_INHERITED_FD + index);
}
