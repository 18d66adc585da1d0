/** Asks a SCSI disk for its identity by INQUIRY, and has the kernel rescan a disk. */
import type { Failure, Reading } from '../model/failure';
import { FIRST_BYTES, inquiryCdb, judgeInquiry } from '../policy/inquiry';
import { commandTimeout, deviceOf } from './diskNode';
import { isWrongArgument, messageOf } from './errors';
import type { Addon } from './native';
import { failed, kernelFailure, read } from './nativeFailure';
import type { DiskAddress, Inquiry } from './ports';
import { isDiskName } from './readDisks';

/** The part of the addon that is needed. */
export type IdentityAddon = Pick<Addon, 'scsiCommand' | 'rescanDisk'>;

function refused(operation: string, device: string, detail: string): Failure {
  return { code: 'REFUSED', operation, device, errno: null, detail };
}

/** What could not be begun (a pool without threads) says nothing about the disk. */
async function begun<T>(
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

/** The `inquire` of a block port: the page whole, or why there is none. */
export function inquire(addon: IdentityAddon, request: Inquiry): Promise<Reading<string>> {
  const operation = 'INQUIRY';
  return begun(operation, request, async () => {
    for (let bytes = FIRST_BYTES; ; ) {
      const command = {
        cdb: Buffer.from(inquiryCdb(request.page, bytes)),
        dataInBytes: bytes,
        timeoutMs: commandTimeout(request.timeoutMs),
      };
      const verdict = judgeInquiry(await addon.scsiCommand(deviceOf(request), command), request.page, bytes);
      if (verdict.kind === 'page') return read(Buffer.from(verdict.page).toString('hex'));
      if (verdict.kind === 'none') {
        const { errno, why } = verdict;
        return failed({
          code: errno === null ? 'MALFORMED' : 'KERNEL_ERROR',
          operation,
          device: request.name,
          errno,
          detail: why,
        });
      }
      bytes = verdict.bytes;
    }
  });
}

/** The `rescan` of a block port. */
export function rescan(addon: IdentityAddon, disk: DiskAddress): Promise<Reading<null>> {
  const { name, devt, diskseq } = disk;
  return begun('rescan', disk, async () => {
    const answer = await addon.rescanDisk({ directory: `/sys/block/${name}`, devt, diskseq });
    return answer.errno === null ? read(null) : failed(kernelFailure('rescan', name, answer));
  });
}
