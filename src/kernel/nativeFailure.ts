/** Turns the addon's failures and malformed answers into failures of the model. */
import type { Failure, Reading } from '../model/failure';
import type { NativeFailure } from '../../native/mpathd';

/** An error of the kernel: `operation` as the caller names it, the failed step as the detail. */
export function kernelFailure(operation: string, device: string, native: NativeFailure): Failure {
  return { code: 'KERNEL_ERROR', operation, device, errno: native.errno, detail: native.step };
}

/** An answer of the kernel has an impossible value. */
export function malformed(operation: string, device: string, detail: string): Failure {
  return { code: 'MALFORMED', operation, device, errno: null, detail };
}

/** A failed {@link Reading}. */
export function failed(failure: Failure): { ok: false; failure: Failure } {
  return { ok: false, failure };
}

/** A successful {@link Reading}. */
export function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}
