/** Checks once at the start whether mpathd can use this machine's device-mapper. */
import { MpathdError, type Failure } from '../model/failure';
import type { NativeFailure, NativeResult } from '../../native/mpathd';
import { CONTROL_NODE, dmFailure, notAsked } from './dmFailure';
import type { Addon } from './native';

export interface DeviceMapperInfo {
  /** Version of the ioctl interface: `4.47.0`. */
  interfaceVersion: string;
  /** Version of the multipath target; null if the kernel cannot be asked for it (before 4.41). */
  multipathVersion: string | null;
}

/** Since version 4.37 (Linux 4.14) the list has event numbers, and the control node can be polled. */
const LOWEST_MINOR = 37;

const LOAD = 'load the drivers: modprobe -a dm_mod dm_multipath';
const ROOT = 'run mpathd as root';
const KERNEL = 'mpathd needs Linux 4.14 or newer';

function hintFor(failure: Failure): string | undefined {
  switch (failure.errno) {
    case 'ENOENT':
    case 'ENODEV':
    case 'ENXIO':
      return LOAD;
    case 'EACCES':
    case 'EPERM':
      return ROOT;
    case 'EOPNOTSUPP':
      return KERNEL;
    default:
      return undefined;
  }
}

function startError(native: NativeFailure): MpathdError {
  const failure = dmFailure(CONTROL_NODE, native);
  return new MpathdError(failure, hintFor(failure));
}

async function asked<T>(call: () => Promise<NativeResult<T>>): Promise<NativeResult<T>> {
  try {
    return await call();
  } catch (error) {
    throw new MpathdError(notAsked(CONTROL_NODE, error));
  }
}

async function interfaceVersion(addon: Pick<Addon, 'dmVersion'>): Promise<string> {
  const result = await asked(() => addon.dmVersion());
  if (result.errno !== null) throw startError(result);
  const [major, minor] = result.version;
  if (major !== 4 || minor < LOWEST_MINOR) {
    const failure = dmFailure(CONTROL_NODE, { errno: 'EOPNOTSUPP', step: 'DM_VERSION' });
    throw new MpathdError({ ...failure, detail: `interface ${result.version.join('.')}` }, KERNEL);
  }
  return result.version.join('.');
}

async function multipathVersion(addon: Pick<Addon, 'dmTargetVersion'>): Promise<string | null> {
  const result = await asked(() => addon.dmTargetVersion('multipath'));
  if (result.errno === null) return result.version.join('.');
  if (result.errno === 'ENOTTY') return null;
  const failure = dmFailure('multipath target', result);
  throw new MpathdError(
    failure,
    result.errno === 'EINVAL' ? 'load the driver: modprobe dm_multipath' : hintFor(failure),
  );
}

/** Throws an {@link MpathdError} that says what to do if device-mapper cannot be used. */
export async function checkDeviceMapper(
  addon: Pick<Addon, 'dmVersion' | 'dmTargetVersion'>,
): Promise<DeviceMapperInfo> {
  return {
    interfaceVersion: await interfaceVersion(addon),
    multipathVersion: await multipathVersion(addon),
  };
}

function textOf(error: object, key: 'code' | 'step'): string | null {
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : null;
}

/** The error that dmWatchEvents threw, with advice what to do. */
export function eventsError(error: unknown): MpathdError {
  if (error instanceof Error) {
    const errno = textOf(error, 'code');
    const step = textOf(error, 'step');
    if (errno !== null && step !== null) return startError({ errno, step });
  }
  return new MpathdError(notAsked(CONTROL_NODE, error));
}
