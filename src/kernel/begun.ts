/** Runs a call of the addon on a disk. The addon may refuse the call before it asks the kernel. */
import type { Failure, Reading } from '../model/failure';
import type { DiskAddress } from '../model/identity';
import { isWrongArgument, messageOf } from './errors';
import { failed } from './nativeFailure';
import { isDiskName } from '../model/identity';

function refused(operation: string, device: string, detail: string): Failure {
  return { code: 'REFUSED', operation, device, errno: null, detail };
}

/** If the call cannot begin (the pool has no thread), this says nothing about the disk. Wrong arguments are thrown. */
export async function begun<T>(
  operation: string,
  { name }: DiskAddress,
  work: () => Promise<Reading<T>>,
): Promise<Reading<T>> {
  if (!isDiskName(name)) return failed(refused(operation, name, 'not a name of a disk'));
  try {
    return await work();
  } catch (error) {
    if (isWrongArgument(error)) throw error;
    return failed(refused(operation, name, messageOf(error)));
  }
}
