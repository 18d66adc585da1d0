/** The `rescan` of the block port: the kernel asks a disk again what it says of itself. */
import type { DiskAddress } from '../model/identity';
import type { Reading } from '../model/failure';
import { performCalls, type Asked, type Calls, type Latency } from './answer';
import { diskEvent } from './eventText';
import { emit, type Kernel } from './kernel';
import { rescanDisk } from './rescan';
import { diskOf, hangs } from './scsi';

/** How long the kernel waits for a disk that does not answer, ms. */
const PATIENCE_MS = 30_000;

/** Two writes. Each counts as a system call. */
export function rescan(kernel: Kernel, latency: Latency, address: DiskAddress): Promise<Reading<null>> {
  const calls = function* (): Calls<null> {
    const disk = diskOf(kernel, address);
    rescanDisk(kernel, disk);
    yield;
    emit(kernel, diskEvent('change', disk, { SYNTH_UUID: '0' }));
    return null;
  };
  const asked: Asked = { operation: 'rescan', call: 'rescan', device: address.name, aliases: [address.devt] };
  const slow = { ...latency, operationMs: hangs(kernel, address) ? PATIENCE_MS : latency.operationMs };
  return performCalls(kernel, slow, asked, calls);
}
