/** Where the daemon listens, and how addresses are written: a path, or `@` and an abstract name. */
import { MpathdError } from '../model/failure';

/** multipathd's address since ever; per network namespace, so that containers do not reach it. */
const ABSTRACT_ADDRESS = '@/org/kernel/linux/storage/multipathd';

/** multipathd's second address, since 0.12. */
const PATH_ADDRESS = '/run/multipathd.socket';

/** An address by its kind. */
export type Address = { kind: 'abstract'; name: string } | { kind: 'path'; path: string };

/** sun_path of unix(7), less the NUL that begins or ends it. */
const LENGTH_LIMIT = 107;

/** Throws an {@link MpathdError} for what cannot be an address. */
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

/** What the daemon listens on. */
export function listenAddresses(env: Environment): string[] {
  const named = env['MULTIPATH_SOCKET_NAME'];
  return named === undefined || named === '' ? [ABSTRACT_ADDRESS, PATH_ADDRESS] : [named];
}

/** What a client tries, in this order. */
export function clientAddresses(env: Environment): string[] {
  const named = env['MULTIPATH_SOCKET_NAME'];
  return named === undefined || named === '' ? [PATH_ADDRESS, ABSTRACT_ADDRESS] : [named];
}

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_INHERITED_FD = 3;

/** Sockets that systemd hands over, sd_listen_fds(3); throws an {@link MpathdError} if they are more than two. */
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
