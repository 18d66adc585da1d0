/** SCSI commands to simulated disks. */
import type { Reading } from '../model/failure';
import type { DiskAddress } from '../model/identity';
import type { ScsiAnswer, ScsiQuestion } from '../model/scsi';
import { kernelError, perform, type Asked, type Latency } from './answer';
import { KernelRefusal } from './dmIoctl';
import type { Kernel } from './kernel';
import { answers } from './rescan';
import { cdbOf } from './scsiQuestion';
import { answerTo, isInquiry } from './scsiTarget';
import type { SimDisk } from './world';

const CALL = 'SG_IO';

/** The disk with this name, if it is the disk that is meant. */
export function diskOf(kernel: Kernel, { name, devt, diskseq }: DiskAddress): SimDisk {
  const disk = kernel.world.disks.get(name);
  if (disk === undefined) throw new KernelRefusal('open', name, 'ENOENT');
  if (disk.devt !== devt || (diskseq !== null && disk.diskseq !== diskseq))
    throw new KernelRefusal('identity', name, 'ESTALE');
  return disk;
}

/** The disk, if a command can be sent to it now. */
function running(kernel: Kernel, address: DiskAddress): SimDisk {
  const disk = diskOf(kernel, address);
  if (disk.state !== 'running') throw new KernelRefusal(CALL, disk.name, 'ENODEV');
  return disk;
}

/** Whether the path of this name gives no answer in time. */
export const hangs = (kernel: Kernel, { name }: DiskAddress): boolean =>
  kernel.world.disks.get(name)?.answer === 'hangs';

function send(kernel: Kernel, question: ScsiQuestion, cdb: Uint8Array): ScsiAnswer {
  const disk = running(kernel, question);
  // An INQUIRY through a path that is down fails as a whole: for the engine it is a failed reading.
  if (isInquiry(cdb) && !answers(disk)) throw new KernelRefusal(CALL, disk.name, 'EIO');
  return answerTo(kernel, disk, cdb, question.direction === 'in' ? question.length : 0);
}

/** The `scsi` of the block port. A fault of `inquiry` hits INQUIRY, a fault of `check` every other command. */
export async function sendScsi(kernel: Kernel, latency: Latency, question: ScsiQuestion): Promise<Reading<ScsiAnswer>> {
  const { name, devt, timeoutMs } = question;
  const cdb = cdbOf(question);
  const asked: Asked = { operation: isInquiry(cdb) ? 'inquiry' : 'check', call: CALL, device: name, aliases: [devt] };
  if (hangs(kernel, question)) {
    return new Promise((resolve) => {
      kernel.scheduler.after(timeoutMs, () => resolve({ ok: false, failure: kernelError(asked, 'EIO') }));
    });
  }
  const reading = await perform(kernel, latency, asked, () => send(kernel, question, cdb));
  if (reading.ok || reading.failure.operation === CALL) return reading;
  // The failure has the form of the real port: the operation is that of the command, and the failed step is the detail.
  return { ok: false, failure: { ...reading.failure, operation: CALL, detail: reading.failure.operation } };
}
