/** What Node's sockets lack, from the addon: abstract names of exact length, and the peer's uid. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MpathdError } from '../model/failure';

type Addon = typeof import('../../native/mpathd');

/** The part of the addon that the socket needs; tests give their own. */
export type NativeSockets = Pick<Addon, 'listenAbstract' | 'connectAbstract' | 'peerUid'>;

const ADDON = join('build', 'Release', 'mpathd.node');

function isNativeSockets(value: unknown): value is NativeSockets {
  return typeof value === 'object' && value !== null && 'listenAbstract' in value && 'connectAbstract' in value && 'peerUid' in value;
}

/** The addon beside the sources or the bundle; throws an {@link MpathdError} if it is not built. */
export function loadNativeSockets(): NativeSockets {
  let folder = __dirname;
  while (!existsSync(join(folder, ADDON)) && dirname(folder) !== folder) folder = dirname(folder);
  const file = join(folder, ADDON);
  const loaded: unknown = existsSync(file) ? require(file) : null;
  if (isNativeSockets(loaded)) return loaded;
  throw new MpathdError(
    { code: 'REFUSED', operation: 'load addon', device: ADDON, errno: null, detail: 'not found or too old' },
    'build it with `npm run native`',
  );
}
