/** Turns the addon's device-mapper failures into failures of the model. */
import type { Failure } from '../model/failure';
import type { NativeFailure } from '../../native/mpathd';

/** The node for the ioctls of device-mapper. */
export const CONTROL_NODE = '/dev/mapper/control';

/** Steps that the addon takes before it asks the kernel: they refuse arguments that no device can have. */
const ARGUMENT_STEPS: ReadonlySet<string> = new Set(['uuid', 'name', 'params', 'message']);

/**
 * A failed step as a {@link Failure} of the device with this UUID (or number). The step becomes the operation.
 * `DM_DEV_STATUS` with ENXIO is dm's statement about the device; `open` with ENOENT only says that dm could not be
 * asked.
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

/** The addon could not begin the call: it had no thread, or an argument had a wrong type. */
export function notAsked(device: string, error: unknown): Failure {
  const detail = error instanceof Error ? error.message : String(error);
  return { code: 'REFUSED', operation: 'addon', device, errno: null, detail };
}
