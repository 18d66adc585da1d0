/** The addon's device-mapper failures in the model's terms. */
import type { Failure } from '../model/failure';
import type { NativeFailure } from '../../native/mpathd';

/** The node through which device-mapper is commanded. */
export const CONTROL_NODE = '/dev/mapper/control';

/** Steps that the addon takes before the kernel is asked: arguments that no device could have. */
const ARGUMENT_STEPS: ReadonlySet<string> = new Set(['uuid', 'name', 'params', 'message']);

/**
 * A failed step as a {@link Failure} of the device with this UUID (or number). The step is the
 * operation: `DM_DEV_STATUS` with ENXIO is dm's word on the device, `open` with ENOENT only says that
 * dm could not be asked at all.
 */
export function dmFailure(device: string, native: NativeFailure): Failure {
  const { errno, step } = native;
  if (step === 'open') return { code: 'KERNEL_ERROR', operation: step, device: CONTROL_NODE, errno };
  if (errno === 'EINVAL' && ARGUMENT_STEPS.has(step)) {
    return { code: 'REFUSED', operation: 'check', device, errno: null, detail: `not a valid ${step}` };
  }
  if (errno === 'ESTALE' && step === 'identity') {
    return { code: 'WRONG_DEVICE', operation: step, device, errno, detail: 'replaced while it was being asked' };
  }
  if (errno === 'EBADMSG') return { code: 'MALFORMED', operation: step, device, errno };
  return { code: 'KERNEL_ERROR', operation: step, device, errno };
}

/** The addon could not do what it was asked for: no thread, or an argument of a wrong type. */
export function notAsked(device: string, error: unknown): Failure {
  const detail = error instanceof Error ? error.message : String(error);
  return { code: 'REFUSED', operation: 'addon', device, errno: null, detail };
}
