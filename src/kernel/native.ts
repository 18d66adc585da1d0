/** Finds and loads the C++ addon. */
import { existsSync } from 'fs';
import { createRequire } from 'module';
import { extname, join } from 'path';
import { MpathdError } from '../model/failure';

/** The addon as native/mpathd.d.ts describes it. */
export type Addon = typeof import('../../native/mpathd');

/** Every function that the addon must have. The compiler reports a missing one. */
const FUNCTIONS: Record<keyof Addon, true> = {
  openUevents: true,
  parseUevent: true,
  dmVersion: true,
  dmTargetVersion: true,
  dmList: true,
  dmRead: true,
  dmSnapshot: true,
  dmCreate: true,
  dmReload: true,
  dmRename: true,
  dmRemove: true,
  dmMessage: true,
  dmFinishCookie: true,
  dmDestroyLeftCookies: true,
  dmWatchEvents: true,
  sysfsRead: true,
  listDirectory: true,
  scsiCommand: true,
  directRead: true,
  rescanDisk: true,
  sdNotify: true,
  lockFileMappings: true,
  tryFileLock: true,
  noNewPrivileges: true,
  prepareEnd: true,
  endWithin: true,
  releaseToSuccessor: true,
  exitNow: true,
  laneInfo: true,
  fileCall: true,
  listenOn: true,
  connectAbstract: true,
  peerOf: true,
  acceptClients: true,
  refuseClient: true,
};

/** The path of the addon: beside the bundle, or, when mpathd runs from the sources, where node-gyp puts it. */
export function addonPath(modulePath: string, directory: string): string {
  const fromSources = extname(modulePath) === '.ts';
  return fromSources ? join(directory, '..', '..', 'build', 'Release', 'mpathd.node') : join(directory, 'mpathd.node');
}

/** Loads the addon; throws an {@link MpathdError} that says what to do if it is missing, broken or old. */
export function loadAddon(path: string = addonPath(__filename, __dirname)): Addon {
  if (!existsSync(path)) throw unusable(path, 'ENOENT', 'the native addon is missing');
  let loaded: unknown;
  try {
    loaded = createRequire(__filename)(path);
  } catch (error) {
    throw unusable(path, null, error instanceof Error ? error.message : String(error));
  }
  const lacking = Object.keys(FUNCTIONS).filter((name) => !hasFunction(loaded, name));
  if (lacking.length > 0) throw unusable(path, null, `it lacks ${lacking.join(', ')}: not of this version`);
  return loaded as Addon;
}

function hasFunction(module: unknown, name: string): boolean {
  return (
    typeof module === 'object' && module !== null && typeof (module as Record<string, unknown>)[name] === 'function'
  );
}

function unusable(path: string, errno: string | null, detail: string): MpathdError {
  return new MpathdError(
    { code: errno === null ? 'REFUSED' : 'KERNEL_ERROR', operation: 'load', device: path, errno, detail },
    'build it with `npm run native`, or install the package again',
  );
}
