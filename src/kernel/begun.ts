/** Work of the addon's on a disk: begun, or refused before the kernel was asked. */
import type { Failure, Reading } from '../model/failure';
import type { DiskAddress } from '../model/identity';
import { isWrongArgument, messageOf } from './errors';
import { failed } from './nativeFailure';
import { isDiskName } from '../model/identity';

function refused(operation: string, device: string, detail: string): Failure {
  return { code: 'REFUSED', operation, device, errno: null, detail };
}

/** What could not be begun (a pool without threads) says nothing about the disk; wrong arguments are thrown. */
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
