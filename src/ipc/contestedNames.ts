/** Abstract names that another user's process has. The daemon takes them when they become free. */
import { listenOnAddress, type Owner } from './listen';
import type { NativeSockets } from './nativeSockets';
import { MpathdError } from '../model/failure';

/** How the server takes a name. */
export interface Contest {
  native: NativeSockets;
  /** The time between two attempts, ms. */
  retryMs: number;
  log(level: 'error' | 'notice', message: string): void;
  /** The name is ours: `fd` listens on it. */
  onListening(fd: number): void;
}

function ownerText({ uid, pid }: Owner): string {
  if (uid === null) return 'a process that does not answer';
  return `${pid === null || pid === 0 ? 'a process' : `pid ${pid}`} of uid ${uid}`;
}

/** Says what it means that the name is taken, and tries again until it is free or the returned function is called. */
export function contestName(address: string, owner: Owner, contest: Contest): () => void {
  const { native, retryMs, log, onListening } = contest;
  let trying = false;
  const attempt = async (): Promise<void> => {
    if (trying) return;
    trying = true;
    try {
      const result = await listenOnAddress(address, native);
      if (result.kind === 'taken') return;
      clearInterval(timer);
      log('notice', `the socket name ${address} is free: the daemon answers on it now`);
      onListening(result.fd);
    } catch (error) {
      // A daemon of root has it now. Its lock on the pid file, or ours, decides which of the two stays.
      if (!(error instanceof MpathdError)) throw error;
    } finally {
      trying = false;
    }
  };
  log(
    'error',
    `the socket name ${address} is taken by ${ownerText(owner)}, and this is no multipath daemon: who asks there gets ` +
      `answers that are not mpathd's. The daemon goes on without the name, and tries every ${retryMs / 1000} s to take it`,
  );
  const timer = setInterval(() => void attempt(), retryMs).unref();
  return () => clearInterval(timer);
}
