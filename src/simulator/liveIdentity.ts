/** What a disk says of itself when it is asked, and the kernel's being made to ask. */
import type { DiskAddress, Inquiry } from '../kernel/ports';
import type { Reading } from '../model/failure';
import { kernelError, perform, type Asked, type Latency } from './answer';
import { KernelRefusal } from './dmIoctl';
import { diskEvent } from './eventText';
import { identityOf } from './identityPages';
import { emit, type Kernel } from './kernel';
import { answers, rescanDisk } from './rescan';
import type { SimDisk } from './world';

/** How long the kernel goes on asking a disk that gives no answer, ms. */
const PATIENCE_MS = 30_000;

function diskOf(kernel: Kernel, { name, devt, diskseq }: DiskAddress): SimDisk {
  const disk = kernel.world.disks.get(name);
  if (disk === undefined) throw new KernelRefusal('open', name, 'ENOENT');
  if (disk.devt !== devt || (diskseq !== null && disk.diskseq !== diskseq))
    throw new KernelRefusal('identity', name, 'ESTALE');
  return disk;
}

/** The disk, if a command sent to it now is answered. */
function answering(kernel: Kernel, address: DiskAddress): SimDisk {
  const disk = diskOf(kernel, address);
  if (disk.state !== 'running') throw new KernelRefusal('SG_IO', disk.name, 'ENODEV');
  if (!answers(disk)) throw new KernelRefusal('SG_IO', disk.name, 'EIO');
  return disk;
}

/** The page that the LUN would give now, whatever the kernel's copy is. */
export function livePage(kernel: Kernel, address: DiskAddress): string {
  const disk = answering(kernel, address);
  return identityOf(disk.unseen?.wwid ?? disk.wwid, disk.hcil).vpd83;
}

const hangs = (kernel: Kernel, { name }: DiskAddress): boolean => kernel.world.disks.get(name)?.answer === 'hangs';

function askedOf(operation: 'inquiry' | 'rescan', { name, devt }: DiskAddress): Asked {
  return { operation, call: operation === 'inquiry' ? 'INQUIRY' : 'rescan', device: name, aliases: [devt] };
}

/** As LIO refuses a page that it does not have (SPC-4 4.5.6: invalid field in CDB). */
function refusedPage({ name }: DiskAddress): Reading<string> {
  return {
    ok: false,
    failure: { code: 'MALFORMED', operation: 'INQUIRY', device: name, errno: null, detail: 'sense 5/24/00' },
  };
}

/** The `inquire` of the block port. */
export async function inquire(kernel: Kernel, latency: Latency, request: Inquiry): Promise<Reading<string>> {
  const asked = askedOf('inquiry', request);
  if (!hangs(kernel, request)) {
    if (request.page === 0x83) return perform(kernel, latency, asked, () => livePage(kernel, request));
    const reading = await perform(kernel, latency, asked, () => answering(kernel, request).vpdC0);
    if (!reading.ok) return reading;
    return reading.value === null ? refusedPage(request) : { ok: true, value: reading.value };
  }
  return new Promise((resolve) => {
    kernel.scheduler.after(request.timeoutMs, () => resolve({ ok: false, failure: kernelError(asked, 'EIO') }));
  });
}

/** The `rescan` of the block port: two writes, each an ioctl's worth. */
export function rescan(kernel: Kernel, latency: Latency, address: DiskAddress): Promise<Reading<null>> {
  const look = (): (() => null) => {
    const disk = diskOf(kernel, address);
    rescanDisk(kernel, disk);
    return () => {
      emit(kernel, diskEvent('change', disk, { SYNTH_UUID: '0' }));
      return null;
    };
  };
  const slow = { ...latency, operationMs: hangs(kernel, address) ? PATIENCE_MS : latency.operationMs };
  return perform(kernel, slow, askedOf('rescan', address), () => look()(), look);
}
